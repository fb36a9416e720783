// ARG_MAX and ARG_MIN along one axis: float32 -> int32 or int64; the first of equals. TFLite's reference/arg_min_max.h.

#include "linnet_float32.h"

typedef struct {
    uint32_t outer, size, inner;  // of the axes before, of the axis, of those after
    uint32_t is_min;
} linnet_arg_max_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_arg_max_float32_params_t *p = call->params;
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    const uint64_t limit = linnet_input_tensor(call, 0)->bytes;
    const uint64_t n = (uint64_t)p->outer * p->inner;
    if (!p->outer || !p->size || !p->inner || p->is_min > 1 || n > limit) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_is_float(linnet_input_tensor(call, 0), n * p->size)) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_tensor_is(out, LINNET_INT32, n) || linnet_tensor_is(out, LINNET_INT64, n) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static uint32_t best_of(const float *in, uint32_t n, uint32_t stride, int is_min) {
    float best = *in;
    uint32_t at = 0;
    for (uint32_t i = 1; i < n; i++) {
        in += stride;
        if (is_min ? linnet_less(*in, best) : linnet_less(best, *in)) {
            best = *in;
            at = i;
        }
    }
    return at;
}

static void run(const linnet_call_t *call) {
    const linnet_arg_max_float32_params_t *p = call->params;
    const int is_long = linnet_output_tensor(call, 0)->dtype == LINNET_INT64;
    const float *in = linnet_input(call, 0);
    uint32_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->outer; i++, in += p->size * p->inner) {
        for (uint32_t j = 0; j < p->inner; j++) {
            *out++ = best_of(in + j, p->size, p->inner, (int)p->is_min);
            if (is_long) {
                *out++ = 0;
            }
        }
    }
}

const linnet_kernel_t linnet_arg_max_float32_kernel = { 1, 1, sizeof(linnet_arg_max_float32_params_t), check, NULL, run };
