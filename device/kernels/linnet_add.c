// ADD: int8 (n) + int8 (n) -> int8 (n). TFLite's reference_integer_ops/add.h, left shift 20.

#include "linnet_kernel.h"
#include "linnet_requant.h"

typedef struct {
    uint32_t n;
    int16_t zero_point[2];
    int16_t output_zero_point;
    int16_t act_min, act_max;
    int16_t reserved;
    int32_t multiplier[3];  // input 0, input 1, output
    int32_t shift[3];
} linnet_add_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_add_params_t *params = call->params;
    for (int i = 0; i < 3; i++) {
        if (params->multiplier[i] < 0 || params->shift[i] < -31 || params->shift[i] > 0) {
            return LINNET_ERR_PARAMS;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (params->zero_point[i] < -128 || params->zero_point[i] > 127) {
            return LINNET_ERR_PARAMS;
        }
        if (!linnet_tensor_is(linnet_input_tensor(call, (uint32_t)i), LINNET_INT8, params->n)) {
            return LINNET_ERR_OPERANDS;
        }
    }
    const linnet_requant_t requant = { 0, params->output_zero_point, params->act_min, params->act_max };
    if (!linnet_requant_ok(&requant) || params->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, params->n) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_add_params_t *p = call->params;
    const int8_t *in0 = linnet_input(call, 0);
    const int8_t *in1 = linnet_input(call, 1);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->n; i++) {
        int32_t x0 = linnet_requant((in0[i] - p->zero_point[0]) * (1 << 20), p->multiplier[0], p->shift[0]);
        int32_t x1 = linnet_requant((in1[i] - p->zero_point[1]) * (1 << 20), p->multiplier[1], p->shift[1]);
        int32_t y = linnet_requant(x0 + x1, p->multiplier[2], p->shift[2]) + p->output_zero_point;
        out[i] = (int8_t)linnet_clamp(y, p->act_min, p->act_max);
    }
}

const linnet_kernel_t linnet_add_kernel = { 2, 1, sizeof(linnet_add_params_t), check, NULL, run };
