// FULLY_CONNECTED tuned for Xtensa.

#include "linnet_xtensa.h"

#if LINNET_HAS(XTENSA)

#include <string.h>

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_requant_t requant;
} params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const params_t *params = call->params;
    const uint32_t limit = 1u << 20;
    if (!params->rows || !params->in_n || !params->out_n || params->rows > limit || params->in_n > LINNET_XTENSA_MAX_INPUTS
        || params->out_n > limit || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_xtensa_matrix_t matrix = { .n_outputs = params->out_n, .n_inputs = params->in_n };
    return linnet_xtensa_matrix_ok(&matrix, call) ? LINNET_OK : LINNET_ERR_DATA;
}

// A row that is no multiple of four is copied, as words are read.
static uint32_t scratch(const void *params) {
    const uint32_t in_n = ((const params_t *)params)->in_n, inputs = linnet_xtensa_padded(in_n);
    return linnet_xtensa_matrix_scratch(in_n) + (inputs == in_n ? 0 : inputs);
}

static void run(const linnet_call_t *call) {
    const params_t *params = call->params;
    linnet_xtensa_matrix_t matrix = { .n_outputs = params->out_n, .n_inputs = params->in_n, .requant = &params->requant };
    linnet_xtensa_matrix_open(&matrix, call, call->scratch);
    int8_t *copy = (int8_t *)call->scratch + linnet_xtensa_matrix_scratch(params->in_n);
    const int is_whole = linnet_xtensa_padded(params->in_n) == params->in_n;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->in_n, out += params->out_n) {
        // Which overlap in a hostile plan.
        linnet_xtensa_multiply(&matrix, is_whole ? in : memmove(copy, in, params->in_n), out);
    }
}

const linnet_kernel_t linnet_fully_connected_xtensa_kernel = { 1, 1, sizeof(params_t), check, scratch, run };

#endif
