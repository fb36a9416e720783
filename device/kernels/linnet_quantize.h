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
    // Codes 1 to 3. What int16's zero points may be, the others' do no harm with.
    if (!(params->scale > 0) || (int16_t)params->zero_point != params->zero_point) {
        return LINNET_ERR_PARAMS;
    }
    return quantized->dtype <= LINNET_INT16 && linnet_tensor_is(quantized, quantized->dtype, params->n)
                   && linnet_tensor_is(real, LINNET_FLOAT32, params->n)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

#endif
