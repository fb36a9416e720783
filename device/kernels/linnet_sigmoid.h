// TFLite's 16-bit sigmoid and tanh (reference_integer_ops/logistic.h and tanh.h): one table of sigmoid(i / 24), i = 0 ... 255,
// interpolated. tanh(x) = 2 * sigmoid(2 * x) - 1. The table is made by host/linnet/operators/sigmoid_table.py.

#ifndef LINNET_SIGMOID_H
#define LINNET_SIGMOID_H

#include <stdint.h>

#define LINNET_SIGMOID_N 256

// x: real value times 3 * 4096; gives sigmoid in Q0.15. Of tables that are not TFLite's it gives anything.
static inline int16_t linnet_sigmoid16(int32_t x, const uint16_t *table) {
    const uint32_t size = x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
    const uint32_t i = size >> 9;
    if (i >= LINNET_SIGMOID_N - 1) {
        return x >= 0 ? 0x7fff : 1;
    }
    uint32_t y = ((uint32_t)table[i] << 9) + (size & 0x1ff) * ((uint32_t)table[i + 1] - table[i]);
    y = x >= 0 ? y + (1u << 9) : (1u << 25) - y + (1u << 9) - 1;
    return (int16_t)(y >> 10);
}

// x: real value times 3 * 4096; gives tanh in Q0.15.
static inline int16_t linnet_tanh16(int32_t x, const uint16_t *table) {
    const uint32_t size = x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
    const uint32_t i = size >> 8;
    uint32_t y = 0xffffu << 8;
    if (i < LINNET_SIGMOID_N - 1) {
        y = ((uint32_t)table[i] << 8) + (size & 0xff) * ((uint32_t)table[i + 1] - table[i]);
    }
    y = x >= 0 ? y - (1u << 23) + (1u << 7) : (1u << 23) - y + (1u << 7) - 1;
    return (int16_t)((int32_t)y >> 8);
}

#endif
