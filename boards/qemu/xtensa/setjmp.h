// For the windowed ABI; the C library at hand has the other one's. setjmp.S has the layout.
#ifndef LINNET_XTENSA_SETJMP_H
#define LINNET_XTENSA_SETJMP_H

typedef int jmp_buf[10];

int setjmp(jmp_buf buffer) __attribute__((returns_twice));
void longjmp(jmp_buf buffer, int value) __attribute__((noreturn));

#endif
