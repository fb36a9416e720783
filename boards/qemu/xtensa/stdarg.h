// clang 23 for Xtensa saves the arguments of a variadic function where it should and does not find them: its own va_list, used
// as the ABI has it. Offsets count from the first register's place, 24 bytes of registers; what is on the stack begins at 32.
#ifndef LINNET_XTENSA_STDARG_H
#define LINNET_XTENSA_STDARG_H

#include <stdint.h>

#define __GNUC_VA_LIST
typedef __builtin_va_list __gnuc_va_list;
typedef __builtin_va_list va_list;

typedef struct {
    char *stack;      // 32 bytes before the first argument there
    char *registers;  // clang: where the first unnamed one was saved
    int32_t offset;   // of the next argument
} xtensa_va_t;

static inline void *xtensa_va_next(void *list, int32_t bytes, int32_t alignment) {
    xtensa_va_t *va = list;
    int32_t offset = alignment > 4 ? (va->offset + 7) & ~7 : va->offset;
    char *base = va->registers;
    if (offset + bytes > 24) {
        offset = offset < 32 ? 32 : offset;
        base = va->stack;
    }
    va->offset = offset + bytes;
    return base + offset;
}

#define va_start(list, last) \
    (__builtin_va_start(list, last), (void)(((xtensa_va_t *)(void *)&(list))->registers -= ((xtensa_va_t *)(void *)&(list))->offset))
#define va_arg(list, type) \
    (*(type *)xtensa_va_next((void *)&(list), (int32_t)((sizeof(type) + 3) & ~(uint32_t)3), (int32_t)_Alignof(type)))
#define va_copy(to, from) ((to) = (from))
#define va_end(list) ((void)0)

#endif
