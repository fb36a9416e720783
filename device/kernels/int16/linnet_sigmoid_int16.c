// SIGMOID: int16 (n) -> int16 (n): LOGISTIC and TANH, interpolated in one table. TFLite's reference_integer_ops/logistic.h, tanh.h.

#include "../linnet_sigmoid.h"
#include "linnet_int16.h"

typedef struct {
    uint32_t n;
    int32_t multiplier;  // brings an input to the table's scale, with the shift to the right
    uint16_t shift;
    uint16_t is_tanh;
} linnet_sigmoid_int16_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_sigmoid_int16_params_t *p = call->params;
    if (p->multiplier < 0 || p->multiplier > INT16_MAX || p->shift > 31 || p->is_tanh > 1) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT16, p->n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT16, p->n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == LINNET_SIGMOID_N * sizeof(uint16_t) ? LINNET_OK : LINNET_ERR_DATA;
}

static inline void interpolate(const linnet_call_t *call, int is_tanh) {
    const linnet_sigmoid_int16_params_t *p = call->params;
    const uint16_t *table = (const uint16_t *)(const void *)call->data;
    const int16_t *in = linnet_input(call, 0);
    int16_t *out = linnet_output(call, 0);
    const int32_t multiplier = p->multiplier, shift = p->shift, round = shift > 0 ? (int32_t)((uint32_t)1 << (shift - 1)) : 0;
    for (uint32_t i = 0, n = p->n; i < n; i++) {
        const int32_t x = (in[i] * multiplier + round) >> shift;
        out[i] = is_tanh ? linnet_tanh16(x, table) : linnet_sigmoid16(x, table);
    }
}

static void run(const linnet_call_t *call) {
    if (((const linnet_sigmoid_int16_params_t *)call->params)->is_tanh) {
        interpolate(call, 1);
    } else {
        interpolate(call, 0);
    }
}

const linnet_kernel_t linnet_sigmoid_int16_kernel = { 1, 1, sizeof(linnet_sigmoid_int16_params_t), check, NULL, run };
