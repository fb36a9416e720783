// ADD tuned for the DSP extension: one multiply per operand. The host has proved for all 65536 pairs of bytes that the three
// constants give what TFLite's chain of roundings gives.

#include "linnet_armv7em.h"
#include "../linnet_requant.h"

#if LINNET_HAS(ARMV7EM)

typedef struct {
    uint32_t n;
    int16_t zero_point[2];
    int16_t output_zero_point;
    int16_t act_min, act_max;
    int16_t reserved;
    int32_t multiplier[3];
    int32_t shift[3];
} linnet_add_params_t;

static linnet_requant_t clamp_of(const linnet_add_params_t *params) {
    const linnet_requant_t requant = { 0, params->output_zero_point, params->act_min, params->act_max };
    return requant;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_add_params_t *params = call->params;
    const linnet_requant_t requant = clamp_of(params);
    if (!linnet_requant_ok(&requant) || params->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, params->n)
        || !linnet_tensor_is(linnet_input_tensor(call, 1), LINNET_INT8, params->n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, params->n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == 4 * sizeof(int32_t) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_add_params_t *params = call->params;
    const int32_t *factor = (const void *)call->data;
    const int8_t *in0 = linnet_input(call, 0);
    const int8_t *in1 = linnet_input(call, 1);
    int8_t *out = linnet_output(call, 0);
    if (params->n >= 4) {
        linnet_armv7em_add(in0, in1, out, factor, params->n / 4);
    }
    for (uint32_t i = params->n & ~3u; i < params->n; i++) {
        const uint32_t y = (uint32_t)((int64_t)factor[0] * in0[i] >> 8) + (uint32_t)((int64_t)factor[1] * in1[i] >> 8);
        out[i] = (int8_t)linnet_clamp((int32_t)(y + (uint32_t)factor[2]) >> 18, -128, 127);
    }
    const linnet_requant_t requant = clamp_of(params);
    if (linnet_armv7em_clamps(&requant)) {
        linnet_armv7em_clamp(out, params->n, &requant);
    }
}

const linnet_kernel_t linnet_add_armv7em_kernel = { 2, 1, sizeof(linnet_add_params_t), check, NULL, run };

#endif
