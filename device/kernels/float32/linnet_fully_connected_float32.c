// FULLY_CONNECTED: float32 (rows, in_n) x (out_n, in_n) -> (rows, out_n). TFLite's reference/fully_connected.h.

#include "linnet_float32.h"

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_layer_t layer;
} linnet_fully_connected_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_fully_connected_float32_params_t *p = call->params;
    const uint32_t limit = 1u << 24;
    if (!p->rows || !p->in_n || !p->out_n || p->rows > limit || p->in_n > limit || p->out_n > limit || !linnet_layer_ok(&p->layer)
        || p->layer.groups != 1) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_is_float(linnet_input_tensor(call, 0), (uint64_t)p->rows * p->in_n)
        || !linnet_is_float(linnet_output_tensor(call, 0), (uint64_t)p->rows * p->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == linnet_layer_bytes(&p->layer, p->out_n, p->in_n) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_fully_connected_float32_params_t *p = call->params;
    const linnet_layer_data_t data = linnet_layer_data(&p->layer, call->data, p->out_n);
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->in_n, out += p->out_n) {
        for (uint32_t o = 0, lines; o < p->out_n; o += lines) {
            float total[LINNET_LINES] = { 0 };
            lines = p->out_n - o < LINNET_LINES ? 1 : LINNET_LINES;
            linnet_dots(&p->layer, data.weights, o * p->in_n, p->in_n, in, p->in_n, lines, total);
            linnet_layer_finish(&p->layer, &data, o, lines, total, out + o);
        }
    }
}

const linnet_kernel_t linnet_fully_connected_float32_kernel
    = { 1, 1, sizeof(linnet_fully_connected_float32_params_t), check, NULL, run };
