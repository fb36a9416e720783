// RESCALE: every operator that only moves integers to another scale: QUANTIZE between int8, uint8, int16 and int32, RELU,
// RELU6, LEAKY_RELU. (n) -> (n). TFLite's reference/requantize.h, reference/leaky_relu.h.

#include "linnet_int16.h"

typedef struct {
    uint32_t n;
    int32_t input_zero_point, output_zero_point;
    int32_t act_min, act_max;
    int32_t multiplier[2], shift[2];  // of values from the zero point up, and below; a negative multiplier turns the sign
} linnet_rescale_params_t;

#define BLOCK 32

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

static void load(const void *in, uint32_t dtype, uint32_t first, uint32_t n, int32_t *values) {
    for (uint32_t i = 0; i < n; i++) {
        values[i] = dtype == LINNET_INT16 ? ((const int16_t *)in)[first + i]
                    : dtype == LINNET_INT8 ? ((const int8_t *)in)[first + i]
                    : dtype == LINNET_UINT8 ? ((const uint8_t *)in)[first + i]
                                            : ((const int32_t *)in)[first + i];
    }
}

static void store(const int32_t *values, uint32_t dtype, uint32_t first, uint32_t n, void *out) {
    for (uint32_t i = 0; i < n; i++) {
        if (dtype == LINNET_INT16) {
            ((int16_t *)out)[first + i] = (int16_t)values[i];
        } else if (dtype == LINNET_INT32) {
            ((int32_t *)out)[first + i] = values[i];
        } else {
            ((uint8_t *)out)[first + i] = (uint8_t)values[i];
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_rescale_params_t *p = call->params;
    const void *in = linnet_input(call, 0);
    void *out = linnet_output(call, 0);
    const uint32_t from = linnet_input_tensor(call, 0)->dtype, to = linnet_output_tensor(call, 0)->dtype;
    int32_t block[BLOCK];
    for (uint32_t first = 0, n; first < p->n; first += n) {
        n = p->n - first < BLOCK ? p->n - first : BLOCK;
        load(in, from, first, n, block);
        for (uint32_t i = 0; i < n; i++) {
            const int32_t x = (int32_t)((uint32_t)block[i] - (uint32_t)p->input_zero_point);
            const int which = x < 0;
            const int32_t multiplier = p->multiplier[which];
            int32_t y = linnet_requant(x, multiplier < 0 ? -multiplier : multiplier, p->shift[which]);
            y = linnet_wrapping_add(multiplier < 0 ? -y : y, p->output_zero_point);
            block[i] = linnet_clamp(y, p->act_min, p->act_max);
        }
        store(block, to, first, n, out);
    }
}

const linnet_kernel_t linnet_rescale_int16_kernel = { 1, 1, sizeof(linnet_rescale_params_t), check, NULL, run };
