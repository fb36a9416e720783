// What the kernels that move data share.

#ifndef LINNET_SHAPES_H
#define LINNET_SHAPES_H

#include <string.h>

#include "../linnet_kernel.h"

// Copies n bytes; as memmove they may overlap.
void linnet_move(uint8_t *to, const uint8_t *from, uint32_t n);

// Copies n bytes in words, from the first on. All are multiples of 4.
static inline void linnet_copy_words(uint8_t *to, const uint8_t *from, uint32_t n) {
    uint32_t *out = (uint32_t *)(void *)to;
    const uint32_t *in = (const uint32_t *)(const void *)from;
#ifdef __thumb__  // GCC makes no such pairs of the loop below
    for (; n >= 16; n -= 16) {
        __asm__ volatile(
            "ldmia %0!, {r3, r4, r5, r6}\n"
            "stmia %1!, {r3, r4, r5, r6}\n"
            : "+l"(in), "+l"(out)
            :
            : "r3", "r4", "r5", "r6", "memory");
    }
#endif
    for (; n; n -= 4) {
        *out++ = *in++;
    }
}

#if defined(__ARM_FEATURE_UNALIGNED) || defined(__x86_64__) || defined(__aarch64__)
// A word at any address, which these cores read as fast.
typedef struct {
    uint32_t word;
} __attribute__((packed)) linnet_loose_word_t;
#endif

// Copies n bytes, from the first on.
static inline void linnet_copy_bytes(uint8_t *to, const uint8_t *from, uint32_t n) {
#if defined(__ARM_FEATURE_UNALIGNED) || defined(__x86_64__) || defined(__aarch64__)
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        *(linnet_loose_word_t *)(void *)to = *(const linnet_loose_word_t *)(const void *)from;
    }
#endif
    for (; n; n--) {
        *to++ = *from++;
    }
}

// 4, 2 or 1: of how many bytes the words may be in which data are read at multiples of all that is or-ed into x.
static inline uint32_t linnet_word_of(uint32_t x) {
    return (x & 1) ? 1 : (x & 2) ? 2 : 4;
}

// a * b, or a number beyond 32 bits where that does not fit in them.
uint64_t linnet_product(uint64_t a, uint32_t b);

#endif
