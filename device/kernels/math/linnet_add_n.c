// ADD_N: any number of int8 (n), quantized alike -> int8 (n), their sum. TFLite's reference/add_n.h.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

typedef struct {
    uint32_t n;
    int16_t input_zero_point, output_zero_point;
    int32_t multiplier, shift;
} linnet_add_n_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_add_n_params_t *p = call->params;
    const linnet_requant_t requant = { p->input_zero_point, p->output_zero_point, -128, 127 };
    if (!linnet_requant_ok(&requant) || p->multiplier < 0 || p->shift < -31 || p->shift > 0) {
        return LINNET_ERR_PARAMS;
    }
    for (uint32_t i = 0; i < call->operator->n_inputs; i++) {
        if (!linnet_tensor_is(linnet_input_tensor(call, i), LINNET_INT8, p->n)) {
            return LINNET_ERR_OPERANDS;
        }
    }
    return linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, p->n) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_add_n_params_t *p = call->params;
    const int32_t zero_point = p->input_zero_point;
    int8_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->n; i++) {
        int32_t sum = -zero_point;  // TFLite Micro begins not with 0, but with the byte 0 as if it were an input
        for (uint32_t k = 0; k < call->operator->n_inputs; k++) {
            sum += ((const int8_t *)linnet_input(call, k))[i] - zero_point;
        }
        // TFLite brings values to half their scale times 2^20, and wraps as this does.
        const int32_t y = linnet_requant((int32_t)((uint32_t)sum << 19), p->multiplier, p->shift);
        out[i] = (int8_t)linnet_clamp(linnet_wrapping_add(y, p->output_zero_point), -128, 127);
    }
}

const linnet_kernel_t linnet_add_n_kernel = { LINNET_ANY, 1, sizeof(linnet_add_n_params_t), check, NULL, run };
