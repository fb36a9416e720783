// The inner loops of layers with a memory: sums of products, modulo 2^32. Where the core multiplies two pairs of halfwords at once they do.

#ifndef LINNET_DOTS_H
#define LINNET_DOTS_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>
#define LINNET_DOTS_PAIRS 1
#else
#define LINNET_DOTS_PAIRS 0
#endif

#if LINNET_DOTS_PAIRS
// Words from and to any address: one instruction each.
static inline uint32_t linnet_word(const void *from) {
    uint32_t word;
    __builtin_memcpy(&word, from, sizeof(word));
    return word;
}

static inline void linnet_put_word(uint32_t word, void *to) {
    __builtin_memcpy(to, &word, sizeof(word));
}

static inline int32_t linnet_odd(uint32_t bytes) {
    int32_t odd;  // compilers make two instructions of it
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(bytes));
    return odd;
}

// sum + a * b of four signed bytes each.
static inline uint32_t linnet_dot4(uint32_t sum, int32_t a_even, int32_t a_odd, uint32_t b) {
    sum = (uint32_t)__smlad(a_even, (int32_t)__sxtb16((int32_t)b), (int32_t)sum);
    return (uint32_t)__smlad(a_odd, linnet_odd(b), (int32_t)sum);
}
#endif

// Adds to sums[k] (2) the product of x (n) and weights (2, at a distance of `stride`). Two rows at a time share each load of x;
// more would not fit the eight low registers of a Cortex-M0+.
static inline void linnet_dots(const int8_t *x, uint32_t n, const int8_t *weights, uint32_t stride, uint32_t *sums) {
    const int8_t *w0 = weights;
    const int8_t *w1 = weights + stride;
    uint32_t sum0 = sums[0], sum1 = sums[1];
    const int8_t *end = x + n;
#if LINNET_DOTS_PAIRS
    for (const int8_t *last = end - (n & 3); x != last; x += 4, w0 += 4, w1 += 4) {
        const uint32_t word = linnet_word(x);
        const int32_t even = (int32_t)__sxtb16((int32_t)word), odd = linnet_odd(word);
        sum0 = linnet_dot4(sum0, even, odd, linnet_word(w0));
        sum1 = linnet_dot4(sum1, even, odd, linnet_word(w1));
    }
#endif
    for (; x != end; x++) {
        const int32_t xi = *x;
        sum0 += (uint32_t)(xi * *w0++);
        sum1 += (uint32_t)(xi * *w1++);
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

#endif
