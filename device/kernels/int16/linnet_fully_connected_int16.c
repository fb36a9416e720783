// FULLY_CONNECTED: int16 (rows, in_n) x int8 (out_n, in_n) -> (rows, out_n).
// TFLite's reference_integer_ops/fully_connected.h.

#include "linnet_int16.h"

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_finish_t finish;
} linnet_fully_connected_int16_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_fully_connected_int16_params_t *params = call->params;
    const uint32_t limit = 1u << 24;
    if (!params->rows || !params->in_n || !params->out_n || params->rows > limit || params->in_n > limit
        || params->out_n > limit || !linnet_finish_ok(&params->finish)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT16, (uint64_t)params->rows * params->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT16, (uint64_t)params->rows * params->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    uint64_t weights_bytes = (uint64_t)params->in_n * params->out_n;
    if (call->operator->data_bytes != linnet_channels_int16_bytes(params->finish.sums, params->out_n) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, params->out_n);
    return linnet_channels_int16_ok(&channels, params->out_n) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_fully_connected_int16_params_t *params = call->params;
    const linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, params->out_n);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_int16_bytes(params->finish.sums, params->out_n);
    const int16_t *in = linnet_input(call, 0);
    int16_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->in_n, out += params->out_n) {
        linnet_matvec_int16(in, params->in_n, weights, &channels, params->out_n, out);
    }
}

const linnet_kernel_t linnet_fully_connected_int16_kernel
    = { 1, 1, sizeof(linnet_fully_connected_int16_params_t), check, NULL, run };
