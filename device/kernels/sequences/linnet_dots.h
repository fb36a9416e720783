// The inner loop of layers with a memory: sums of products of int8 vectors.

#ifndef LINNET_DOTS_H
#define LINNET_DOTS_H

#include <stdint.h>

// Adds to sums[k] (2) the product of x (n) and weights (2, at a distance of `stride`), modulo 2^32. Two rows at a time
// share each load of x; more would not fit the eight low registers of a Cortex-M0+.
static inline void linnet_dots(const int8_t *x, uint32_t n, const int8_t *weights, uint32_t stride, uint32_t *sums) {
    const int8_t *w0 = weights;
    const int8_t *w1 = weights + stride;
    uint32_t sum0 = sums[0], sum1 = sums[1];
    for (const int8_t *end = x + n; x != end; x++) {
        const int32_t xi = *x;
        sum0 += (uint32_t)(xi * *w0++);
        sum1 += (uint32_t)(xi * *w1++);
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

#endif
