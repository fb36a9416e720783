// Requantization in two 32-bit multiplications. The host has proved it for every sum that can occur (host/linnet/layouts/armv6m/scales.py).

#ifndef LINNET_SCALE_H
#define LINNET_SCALE_H

#include <stdint.h>

typedef struct {
    int32_t origin;
    uint32_t range;   // < 2^20
    uint32_t offset;
    uint32_t fine;    // < 2^12
    uint32_t coarse;
    uint32_t zero;
    uint32_t nudge;
} linnet_scale_t;

// With S = sum - origin held in 0 ... range: the top byte of S * coarse + (S * fine >> 12) + offset, less nudge where S < zero.
static inline int8_t linnet_scale(const linnet_scale_t *scale, int32_t sum) {
    uint32_t s = (uint32_t)sum - (uint32_t)scale->origin;
    if (s > scale->range) {
        s = (int32_t)s < 0 ? 0 : scale->range;
    }
    uint32_t y = s * scale->coarse + (s * scale->fine >> 12) + scale->offset;
    if (s < scale->zero) {
        y -= scale->nudge;
    }
    return (int8_t)(uint8_t)(y >> 24);
}

#endif
