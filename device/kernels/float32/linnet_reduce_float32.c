// SUM, MEAN, REDUCE_MAX, REDUCE_MIN: float32 over any axes, in the order in which the elements lie. TFLite's reference/reduce.h.

#include "linnet_float32.h"

enum { SUM, MEAN, MAX, MIN, N_MODES };

typedef struct {
    uint32_t kept[3], kept_strides[3];        // sizes and steps in the input, the last ones innermost
    uint32_t reduced[3], reduced_strides[3];
    uint32_t mode;
} linnet_reduce_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_reduce_float32_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0), *out = linnet_output_tensor(call, 0);
    const uint64_t limit = in->bytes / sizeof(float);
    uint64_t kept = 1, all = 1, last = 0;
    for (int i = 0; i < 3; i++) {
        if (!p->kept[i] || !p->reduced[i]) {
            return LINNET_ERR_PARAMS;
        }
        kept *= p->kept[i];
        all *= p->kept[i];
        if (all > limit || (all *= p->reduced[i]) > limit) {
            return LINNET_ERR_PARAMS;
        }
        last += (uint64_t)(p->kept[i] - 1) * p->kept_strides[i];
        if (last >= limit || (last += (uint64_t)(p->reduced[i] - 1) * p->reduced_strides[i]) >= limit) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (p->mode >= N_MODES) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_is_float(in, all) && linnet_is_float(out, kept) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// Apart, so that its loops have the registers to themselves.
__attribute__((noinline)) static float reduce_row(const float *in, uint32_t n, uint32_t stride, uint32_t mode, float y) {
    switch (mode) {
        case MAX:
            for (; n != 0; n--, in += stride) {
                y = linnet_less(y, *in) ? *in : y;
            }
            return y;
        case MIN:
            for (; n != 0; n--, in += stride) {
                y = linnet_less(*in, y) ? *in : y;
            }
            return y;
        default:
            for (; n != 0; n--, in += stride) {
                y += *in;
            }
            return y;
    }
}

static float reduce(const linnet_reduce_float32_params_t *p, const float *in) {
    // From memory: clang 23 for Xtensa cannot choose between constants.
    static const float start[N_MODES] = { [MAX] = LINNET_LOWEST, [MIN] = -LINNET_LOWEST };
    float y = start[p->mode];
    for (uint32_t i = 0; i < p->reduced[0]; i++, in += p->reduced_strides[0]) {
        const float *row = in;
        for (uint32_t j = 0; j < p->reduced[1]; j++, row += p->reduced_strides[1]) {
            y = reduce_row(row, p->reduced[2], p->reduced_strides[2], p->mode, y);
        }
    }
    return y;
}

static void run(const linnet_call_t *call) {
    const linnet_reduce_float32_params_t *p = call->params;
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    const float count = (float)(int32_t)(p->reduced[0] * p->reduced[1] * p->reduced[2]);
    for (uint32_t i = 0; i < p->kept[0]; i++) {
        for (uint32_t j = 0; j < p->kept[1]; j++) {
            const float *at = in + i * p->kept_strides[0] + j * p->kept_strides[1];
            for (uint32_t k = 0; k < p->kept[2]; k++, at += p->kept_strides[2]) {
                const float y = reduce(p, at);
                *out++ = p->mode == MEAN ? y / count : y;
            }
        }
    }
}

const linnet_kernel_t linnet_reduce_float32_kernel = { 1, 1, sizeof(linnet_reduce_float32_params_t), check, NULL, run };
