// A native module has no C library but where the compiler brings one: the firmware's own functions do.

#include "py/dynruntime.h"

#ifndef __PICOLIBC__

void *memset(void *to, int value, size_t n) {
    return mp_fun_table.memset_(to, value, n);
}

void *memmove(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}

void *memcpy(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}

#endif
