// SOFTMAX and LOG_SOFTMAX: float32 (rows, depth) -> float32. TFLite's reference/softmax.h and log_softmax.h.

#include "linnet_float32.h"

typedef struct {
    uint32_t rows, depth;
    float beta;
    uint32_t is_log;
} linnet_softmax_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_softmax_float32_params_t *p = call->params;
    if (!p->rows || !p->depth || p->is_log > 1) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t n = (uint64_t)p->rows * p->depth;
    return linnet_is_float(linnet_input_tensor(call, 0), n) && linnet_is_float(linnet_output_tensor(call, 0), n)
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_softmax_float32_params_t *p = call->params;
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth) {
        float max = LINNET_LOWEST, sum = 0;
        for (uint32_t i = 0; i < p->depth; i++) {
            max = linnet_less(max, in[i]) ? in[i] : max;
        }
        if (p->is_log) {
            for (uint32_t i = 0; i < p->depth; i++) {
                sum += linnet_exp(in[i] - max);
            }
            const float log_sum = linnet_log(sum);
            for (uint32_t i = 0; i < p->depth; i++) {
                out[i] = in[i] - max - log_sum;
            }
            continue;
        }
        for (uint32_t i = 0; i < p->depth; i++) {
            out[i] = linnet_exp((in[i] - max) * p->beta);
            sum += out[i];
        }
        for (uint32_t i = 0; i < p->depth; i++) {
            out[i] = out[i] / sum;
        }
    }
}

const linnet_kernel_t linnet_softmax_float32_kernel = { 1, 1, sizeof(linnet_softmax_float32_params_t), check, NULL, run };
