// L2_NORMALIZATION: float32 (rows, depth) -> the same, each row divided by its length. TFLite's reference/l2normalization.h.

#include "linnet_float32.h"

typedef struct {
    uint32_t rows, depth;
} linnet_l2_normalization_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_l2_normalization_float32_params_t *p = call->params;
    const uint64_t n = (uint64_t)p->rows * p->depth;
    if (n == 0) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_is_float(linnet_input_tensor(call, 0), n) && linnet_is_float(linnet_output_tensor(call, 0), n)
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_l2_normalization_float32_params_t *p = call->params;
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth) {
        float squares = 0;
        for (uint32_t i = 0; i < p->depth; i++) {
            squares += in[i] * in[i];
        }
        float length = linnet_sqrt(squares);
        length = length < 1e-6f ? 1e-6f : length;
        for (uint32_t i = 0; i < p->depth; i++) {
            out[i] = in[i] / length;
        }
    }
}

const linnet_kernel_t linnet_l2_normalization_float32_kernel
    = { 1, 1, sizeof(linnet_l2_normalization_float32_params_t), check, NULL, run };
