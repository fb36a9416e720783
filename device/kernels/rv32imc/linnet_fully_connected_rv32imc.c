// FULLY_CONNECTED tuned for RV32IMC: eight outputs at a time.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC)

#include <string.h>

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_requant_t requant;
} params_t;

static uint32_t padded(uint32_t in_n) {
    return (in_n + 7) & ~7u;
}

static linnet_status_t check(const linnet_call_t *call) {
    const params_t *params = call->params;
    const uint32_t limit = 1u << 20;
    if (!params->rows || !params->in_n || !params->out_n || params->rows > limit || params->in_n > limit
        || params->out_n > limit || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_rv32imc_data_ok(call, padded(params->in_n), params->out_n, 8) ? LINNET_OK : LINNET_ERR_DATA;
}

// A row whose length is no multiple of 8 is copied, as the inner loop reads whole blocks.
static uint32_t scratch(const void *params) {
    const uint32_t in_n = ((const params_t *)params)->in_n, inputs = padded(in_n);
    return inputs == in_n ? 0 : inputs;
}

static void run(const linnet_call_t *call) {
    const params_t *params = call->params;
    const linnet_rv32imc_head_t *head = (const linnet_rv32imc_head_t *)(const void *)call->data;
    const uint32_t inputs = padded(params->in_n), is_size = call->operator->variant >> 4;
    const uint8_t *stream = (const uint8_t *)(head + 1);
    const uint8_t *exact = stream + (params->out_n + 7) / 8 * linnet_rv32imc_group_bytes(inputs, 8, (int)is_size);
    const linnet_rv32imc_layer_t layer = { inputs, params->out_n, head->has_negatives, is_size };
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->in_n, out += params->out_n) {
        const int8_t *x = in;
        if (inputs != params->in_n) {
            x = memmove(call->scratch, in, params->in_n);  // which overlap in a hostile plan
        }
        linnet_rv32imc_dense(x, out, (const uint32_t *)(const void *)stream, &layer);
        linnet_rv32imc_exact(call, &params->requant, inputs, exact, x, out);
    }
}

const linnet_kernel_t linnet_fully_connected_rv32imc_kernel = { 1, 1, sizeof(params_t), check, scratch, run };

#endif
