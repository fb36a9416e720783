// gemmlowp's fixed point: numbers of 32 bits, Qm.n having n bits behind the point. Python twins are in host/linnet/requant.py.

#ifndef LINNET_FIXED_POINT_H
#define LINNET_FIXED_POINT_H

#include "linnet_requant.h"

// gemmlowp's SaturatingRoundingMultiplyByPOT for a positive exponent.
static inline int32_t linnet_saturating_shift(int32_t x, uint32_t exponent) {
    const int32_t limit = INT32_MAX >> exponent;
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << exponent);
}

// gemmlowp's one_over_one_plus_x_for_x_in_0_1, Q0.31 in and out: three Newton-Raphson steps in Q2.29.
static inline int32_t linnet_one_over_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + linnet_high_mul(half_denominator, -1010580540);  // 48/17 - 32/17 * half_denominator
    for (int i = 0; i < 3; i++) {
        const int32_t rest = (1 << 29) - linnet_high_mul(half_denominator, y);
        y = linnet_wrapping_add(y, linnet_saturating_shift(linnet_high_mul(y, rest), 2));
    }
    return linnet_saturating_shift(y, 1);
}

// Of x > 0.
static inline uint32_t linnet_leading_zeros(uint32_t x) {
    uint32_t n = 0;
    for (; !(x & 0x80000000); x <<= 1) {
        n++;
    }
    return n;
}

#endif
