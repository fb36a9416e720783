// The part of a pooling window that lies inside the input, along one axis.

#ifndef LINNET_POOL_H
#define LINNET_POOL_H

#include <stdint.h>

typedef struct {
    uint32_t first;
    uint32_t count;  // >= 1: linnet_pool_check has seen to it
} linnet_span_t;

static inline linnet_span_t linnet_span(uint32_t out, uint32_t stride, uint32_t pad, uint32_t kernel, uint32_t size) {
    uint32_t start = out * stride;  // in the padded input
    uint32_t end = start + kernel < size + pad ? start + kernel : size + pad;
    uint32_t first = start > pad ? start - pad : 0;
    linnet_span_t span = { first, end - pad - first };
    return span;
}

#endif
