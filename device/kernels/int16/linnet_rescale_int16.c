// RESCALE: every operator that only moves integers to another scale: QUANTIZE between int8, uint8, int16 and int32, RELU,
// RELU6, LEAKY_RELU. (n) -> (n). TFLite's reference/requantize.h, reference/leaky_relu.h.

#include "linnet_int16.h"

typedef struct {
    uint32_t n;
    int32_t input_zero_point, output_zero_point;
    int32_t act_min, act_max;
    int32_t multiplier[2], shift[2];  // of values from the zero point up, and below; a negative multiplier turns the sign
} linnet_rescale_params_t;

static int is_integer(uint32_t dtype) {
    return dtype == LINNET_INT8 || dtype == LINNET_UINT8 || dtype == LINNET_INT16 || dtype == LINNET_INT32;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_rescale_params_t *params = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (!is_integer(in->dtype) || !is_integer(out->dtype) || !linnet_tensor_is(in, in->dtype, params->n)
        || !linnet_tensor_is(out, out->dtype, params->n)) {
        return LINNET_ERR_OPERANDS;
    }
    for (int i = 0; i < 2; i++) {
        if (params->multiplier[i] == INT32_MIN || params->shift[i] < -31 || params->shift[i] > 30) {
            return LINNET_ERR_PARAMS;
        }
    }
    return params->act_min <= params->act_max ? LINNET_OK : LINNET_ERR_PARAMS;
}

// One loop for each pair of dtypes that networks have: the compiler sees to it.
static inline int32_t load(const void *in, uint32_t dtype, uint32_t i) {
    return dtype == LINNET_INT16 ? ((const int16_t *)in)[i]
           : dtype == LINNET_INT8 ? ((const int8_t *)in)[i]
           : dtype == LINNET_UINT8 ? ((const uint8_t *)in)[i]
                                   : ((const int32_t *)in)[i];
}

static inline void store(int32_t value, uint32_t dtype, uint32_t i, void *out) {
    if (dtype == LINNET_INT16) {
        ((int16_t *)out)[i] = (int16_t)value;
    } else if (dtype == LINNET_INT32) {
        ((int32_t *)out)[i] = value;
    } else {
        ((uint8_t *)out)[i] = (uint8_t)value;
    }
}

static inline void rescale(const linnet_rescale_params_t *p, const void *in, uint32_t from, void *out, uint32_t to) {
    const int32_t zero = p->input_zero_point, offset = p->output_zero_point, low = p->act_min, high = p->act_max;
    for (uint32_t i = 0; i < p->n; i++) {
        const int32_t x = (int32_t)((uint32_t)load(in, from, i) - (uint32_t)zero);
        const int which = x < 0;
        const int32_t multiplier = p->multiplier[which];
        int32_t y = linnet_requant(x, multiplier < 0 ? -multiplier : multiplier, p->shift[which]);
        y = linnet_wrapping_add(multiplier < 0 ? -y : y, offset);
        store(linnet_clamp(y, low, high), to, i, out);
    }
}

// The same where there is one factor, at most 1, and differences have 16 bits: in 32-bit arithmetic alone.
static inline void rescale_short(const linnet_rescale_params_t *p, const void *in, uint32_t from, void *out, uint32_t to) {
    const int32_t zero = p->input_zero_point, offset = p->output_zero_point, low = p->act_min, high = p->act_max;
    const int32_t coarse = p->multiplier[0] >> 16, fine = p->multiplier[0] & 0xffff;
    const uint32_t shift = (uint32_t)-p->shift[0];
    for (uint32_t i = 0, n = p->n; i < n; i++) {
        const int32_t x = load(in, from, i) - zero;
        int32_t y = linnet_rounding_shift((x * coarse + (x * fine >> 16) + (1 << 14)) >> 15, shift) + offset;
        store(linnet_clamp(y, low, high), to, i, out);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_rescale_params_t *p = call->params;
    const void *in = linnet_input(call, 0);
    void *out = linnet_output(call, 0);
    const uint32_t from = linnet_input_tensor(call, 0)->dtype, to = linnet_output_tensor(call, 0)->dtype;
    const int is_one = p->multiplier[0] == p->multiplier[1] && p->shift[0] == p->shift[1] && p->multiplier[0] >= 0;
    const int is_short = is_one && p->shift[0] <= 0 && (int8_t)p->input_zero_point == p->input_zero_point
                         && (int16_t)p->output_zero_point == p->output_zero_point;
    if (is_short && from == LINNET_INT16 && p->input_zero_point == 0 && to == LINNET_INT16) {
        rescale_short(p, in, LINNET_INT16, out, LINNET_INT16);
    } else if (is_short && from == LINNET_INT16 && p->input_zero_point == 0 && to == LINNET_INT8) {
        rescale_short(p, in, LINNET_INT16, out, LINNET_INT8);
    } else if (is_short && from == LINNET_INT8 && to == LINNET_INT16) {
        rescale_short(p, in, LINNET_INT8, out, LINNET_INT16);
    } else if (from == LINNET_INT16 && to == LINNET_INT16) {
        rescale(p, in, LINNET_INT16, out, LINNET_INT16);
    } else {
        rescale(p, in, from, out, to);
    }
}

const linnet_kernel_t linnet_rescale_int16_kernel = { 1, 1, sizeof(linnet_rescale_params_t), check, NULL, run };
