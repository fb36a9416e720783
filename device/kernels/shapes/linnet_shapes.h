// What the kernels that move data share.

#ifndef LINNET_SHAPES_H
#define LINNET_SHAPES_H

#include <string.h>

#include "../linnet_kernel.h"

// Copies n bytes; as memmove they may overlap. Short runs are not worth a call.
static inline void linnet_move(uint8_t *to, const uint8_t *from, uint32_t n) {
    if (n > 16 || (uintptr_t)to - (uintptr_t)from < n) {
        memmove(to, from, n);
    } else if ((((uintptr_t)to | (uintptr_t)from | n) & 3) == 0) {
        uint32_t *words = (uint32_t *)(void *)to;
        const uint32_t *in = (const uint32_t *)(const void *)from;
        for (; n; n -= 4) {
            *words++ = *in++;
        }
    } else {
        for (; n; n--) {
            *to++ = *from++;
        }
    }
}

// 4, 2 or 1: of how many bytes the words may be in which data are read at multiples of all that is or-ed into x.
static inline uint32_t linnet_word_of(uint32_t x) {
    return (x & 1) ? 1 : (x & 2) ? 2 : 4;
}

// a * b, or a number beyond 32 bits where that does not fit in them.
static inline uint64_t linnet_product(uint64_t a, uint32_t b) {
    return a > UINT32_MAX ? a : a * b;
}

#endif
