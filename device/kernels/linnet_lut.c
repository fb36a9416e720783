// LUT: every operator that maps a byte to a byte: LOGISTIC, RELU, int8 QUANTIZE and their like. The host makes the table.

#include "linnet_kernel.h"

typedef struct {
    uint32_t n;
} linnet_lut_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_lut_params_t *params = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (linnet_dtype_bytes(in->dtype) != 1 || linnet_dtype_bytes(out->dtype) != 1 || in->bytes != params->n
        || out->bytes != params->n) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == 256 ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_lut_params_t *params = call->params;
    const uint8_t *table = call->data;
    // Tensors lie at multiples of 4: four bytes at a time, half the instructions.
    const uint32_t *in = linnet_input(call, 0);
    uint32_t *out = linnet_output(call, 0);
    for (uint32_t n = params->n / 4; n > 0; n--) {
        const uint32_t x = *in++;
        *out++ = table[x & 255] | (uint32_t)table[x >> 8 & 255] << 8 | (uint32_t)table[x >> 16 & 255] << 16
                 | (uint32_t)table[x >> 24] << 24;
    }
    const uint8_t *last = (const uint8_t *)in;
    uint8_t *end = (uint8_t *)out;
    for (uint32_t n = params->n % 4; n > 0; n--) {
        *end++ = table[*last++];
    }
}

const linnet_kernel_t linnet_lut_kernel = { 1, 1, sizeof(linnet_lut_params_t), check, NULL, run };
