// SUM and MEAN: int16 -> int16 over any axes; the host has put 1 / n into a mean's factor. TFLite's reference/reduce.h.

#include "linnet_int16.h"

// Axes that follow each other and are kept, or reduced, alike are one.
#define N_AXES 3

typedef struct {
    uint32_t kept[N_AXES], kept_strides[N_AXES];  // outermost first, the output's order; in elements
    uint32_t reduced[N_AXES], reduced_strides[N_AXES];
    int32_t multiplier, shift;
} linnet_sum_int16_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_sum_int16_params_t *p = call->params;
    const uint32_t n_in = linnet_input_tensor(call, 0)->bytes / 2, n_out = linnet_output_tensor(call, 0)->bytes / 2;
    if (p->multiplier < 0 || p->shift < -31 || p->shift > 30) {
        return LINNET_ERR_PARAMS;
    }
    uint64_t kept = 1, all = 1, last = 0;
    for (uint32_t i = 0; i < N_AXES; i++) {
        kept *= p->kept[i];
        all *= p->reduced[i];
        // Sizes are below 2^32, so that no product or sum here reaches 2^64.
        if (kept == 0 || kept > n_out || all == 0 || all > n_in) {
            return LINNET_ERR_PARAMS;
        }
        last += (uint64_t)(p->kept[i] - 1) * p->kept_strides[i];
        if (last >= n_in) {
            return LINNET_ERR_PARAMS;
        }
        last += (uint64_t)(p->reduced[i] - 1) * p->reduced_strides[i];
        if (last >= n_in) {
            return LINNET_ERR_PARAMS;
        }
    }
    return linnet_input_tensor(call, 0)->dtype == LINNET_INT16
                   && linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT16, kept)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

static int16_t one(const linnet_sum_int16_params_t *p, const int16_t *in) {
    uint32_t sum = 0;  // wraps, as TFLite's does
    for (uint32_t i = 0; i < p->reduced[0]; i++) {
        for (uint32_t j = 0; j < p->reduced[1]; j++) {
            const int16_t *at = in + i * p->reduced_strides[0] + j * p->reduced_strides[1];
            for (uint32_t k = p->reduced[2], x = 0; k > 0; k--, x += p->reduced_strides[2]) {
                const int32_t value = at[x];
                sum += (uint32_t)value;
            }
        }
    }
    return (int16_t)linnet_clamp(linnet_requant((int32_t)sum, p->multiplier, p->shift), INT16_MIN, INT16_MAX);
}

static void run(const linnet_call_t *call) {
    const linnet_sum_int16_params_t *p = call->params;
    const int16_t *in = linnet_input(call, 0);
    int16_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->kept[0]; i++) {
        for (uint32_t j = 0; j < p->kept[1]; j++) {
            const int16_t *at = in + i * p->kept_strides[0] + j * p->kept_strides[1];
            for (uint32_t k = 0; k < p->kept[2]; k++) {
                *out++ = one(p, at + k * p->kept_strides[2]);
            }
        }
    }
}

const linnet_kernel_t linnet_sum_int16_kernel = { 1, 1, sizeof(linnet_sum_int16_params_t), check, NULL, run };
