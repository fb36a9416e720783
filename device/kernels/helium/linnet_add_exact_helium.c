// ADD tuned for Helium, layout 1: TFLite's chain of roundings step by step, for the scales that layout 0 does not fit.

#include "linnet_add_helium.h"
#include "../linnet_requant.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

static linnet_requant_t clamp_of(const linnet_helium_add_params_t *params) {
    const linnet_requant_t requant = { 0, params->output_zero_point, params->act_min, params->act_max };
    return requant;
}

linnet_status_t linnet_helium_add_check(const linnet_call_t *call) {
    const linnet_helium_add_params_t *params = call->params;
    const linnet_requant_t requant = clamp_of(params);
    if (!linnet_requant_ok(&requant) || params->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    for (int i = 0; i < 3; i++) {
        if (params->multiplier[i] < 0 || params->shift[i] < -31 || params->shift[i] > 0) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (params->zero_point[0] < -128 || params->zero_point[0] > 127 || params->zero_point[1] < -128
        || params->zero_point[1] > 127) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, params->n)
                   && linnet_tensor_is(linnet_input_tensor(call, 1), LINNET_INT8, params->n)
                   && linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, params->n)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

void linnet_helium_add_clamp(const linnet_helium_add_params_t *params, int8_t *out) {
    const linnet_requant_t requant = clamp_of(params);
    if (linnet_helium_clamps(&requant)) {
        linnet_helium_clamp(out, params->n, &requant);
    }
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_status_t status = linnet_helium_add_check(call);
    return status == LINNET_OK && call->operator->data_bytes != 0 ? LINNET_ERR_DATA : status;
}

#if LINNET_IS(HELIUM)

// Ties go away from zero: less one below zero, unless nothing is shifted out.
static inline int32x4_t requantize(int32x4_t x, int32_t multiplier, int32_t shift) {
    x = vqrdmulhq_n_s32(x, multiplier);
    x = vmlaq_n_s32(x, vshrq_n_s32(x, 31), shift < 0);
    return vrshlq_n_s32(x, shift);
}

static inline int32x4_t scaled(const int8_t *in, mve_pred16_t lanes, const linnet_helium_add_params_t *p, int i) {
    const int32x4_t x = vsubq_n_s32(vldrbq_z_s32(in, lanes), p->zero_point[i]);
    return requantize(vshlq_n_s32(x, 20), p->multiplier[i], p->shift[i]);
}

static void add(const int8_t *in0, const int8_t *in1, int8_t *out, const linnet_helium_add_params_t *p) {
    for (int32_t left = (int32_t)p->n; left > 0; left -= 4, in0 += 4, in1 += 4, out += 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t sum = vaddq_s32(scaled(in0, lanes, p, 0), scaled(in1, lanes, p, 1));
        int32x4_t y = vaddq_n_s32(requantize(sum, p->multiplier[2], p->shift[2]), p->output_zero_point);
        y = vminq_s32(vmaxq_s32(y, vdupq_n_s32(-128)), vdupq_n_s32(127));
        vstrbq_p_s32(out, y, lanes);
    }
}

#else

static void add(const int8_t *in0, const int8_t *in1, int8_t *out, const linnet_helium_add_params_t *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        const int32_t x0 = linnet_requant((in0[i] - p->zero_point[0]) * (1 << 20), p->multiplier[0], p->shift[0]);
        const int32_t x1 = linnet_requant((in1[i] - p->zero_point[1]) * (1 << 20), p->multiplier[1], p->shift[1]);
        const int32_t y = linnet_requant(x0 + x1, p->multiplier[2], p->shift[2]) + p->output_zero_point;
        out[i] = (int8_t)linnet_clamp(y, -128, 127);
    }
}

#endif

static void run(const linnet_call_t *call) {
    const linnet_helium_add_params_t *params = call->params;
    int8_t *out = linnet_output(call, 0);
    add(linnet_input(call, 0), linnet_input(call, 1), out, params);
    linnet_helium_add_clamp(params, out);
}

const linnet_kernel_t linnet_add_exact_helium_kernel = { 2, 1, sizeof(linnet_helium_add_params_t), check, NULL, run };

#endif
