// A native module has no C library: the firmware's own functions do.

#include "py/dynruntime.h"

void *memset(void *to, int value, size_t n) {
    return mp_fun_table.memset_(to, value, n);
}

void *memmove(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}

// An alias, not a second function of the same body: GCC folds two such into one, calls memcpy from memmove, and may
// then expand that memcpy in place, which copies forwards whatever overlaps (x86-64's rep movsb did).
void *memcpy(void *to, const void *from, size_t n) __attribute__((alias("memmove")));
