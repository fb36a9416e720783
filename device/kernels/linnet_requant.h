// The one rounding function. Its Python twin is host/linnet/requant.py.

#ifndef LINNET_REQUANT_H
#define LINNET_REQUANT_H

#include <stdint.h>

// gemmlowp's SaturatingRoundingDoublingHighMul, a * b / 2^31 rounded to nearest, ties up: its nudge of 1 - 2^30 and
// truncating division for negative products come to the same. a and b are not both INT32_MIN.
static inline int32_t linnet_high_mul(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

// gemmlowp's RoundingDivideByPOT: x / 2^exponent rounded to nearest, ties away from zero; 0 <= exponent <= 31.
static inline int32_t linnet_rounding_shift(int32_t x, uint32_t exponent) {
    uint32_t mask = ((uint32_t)1 << exponent) - 1;
    uint32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + (((uint32_t)x & mask) > threshold);
}

// TFLite's MultiplyByQuantizedMultiplier with double rounding; multiplier >= 0, -31 <= shift <= 30 (positive: left).
static inline int32_t linnet_requant(int32_t x, int32_t multiplier, int32_t shift) {
    if (shift > 0) {
        return linnet_high_mul((int32_t)((uint32_t)x << shift), multiplier);
    }
    return linnet_rounding_shift(linnet_high_mul(x, multiplier), (uint32_t)-shift);
}

static inline int32_t linnet_clamp(int32_t x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : x;
}

// Sums wrap, as the two's complement of every core does; no accumulator of a sound model gets that far.
static inline int32_t linnet_wrapping_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

#endif
