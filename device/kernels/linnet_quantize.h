// What QUANTIZE and DEQUANTIZE share.

#ifndef LINNET_QUANTIZE_H
#define LINNET_QUANTIZE_H

#include "linnet_kernel.h"

typedef struct {
    uint32_t n;
    float scale;
    int32_t zero_point;
} linnet_quantize_params_t;

static inline linnet_status_t linnet_quantize_check(const linnet_quantize_params_t *params, const linnet_tensor_t *real,
    const linnet_tensor_t *quantized) {
    int32_t low = quantized->dtype == LINNET_UINT8 ? 0 : -128;
    if (!(params->scale > 0) || params->zero_point < low || params->zero_point > low + 255) {
        return LINNET_ERR_PARAMS;
    }
    int is_byte = quantized->dtype == LINNET_INT8 || quantized->dtype == LINNET_UINT8;
    return is_byte && quantized->bytes == params->n && linnet_tensor_is(real, LINNET_FLOAT32, params->n)
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

#endif
