// FULLY_CONNECTED tuned for Helium: a row of inputs by eight channels at a time.

#include "linnet_helium.h"

#if LINNET_HAS(HELIUM)

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_requant_t requant;
} linnet_fully_connected_params_t;

static uint32_t steps_of(const linnet_fully_connected_params_t *params) {
    return (params->in_n + LINNET_HELIUM_BLOCK - 1) / LINNET_HELIUM_BLOCK;
}

// Of eight channels.
static uint32_t group_bytes(const linnet_fully_connected_params_t *params) {
    return 8 * sizeof(int32_t) + steps_of(params) * 8 * LINNET_HELIUM_BLOCK + 16 * sizeof(int32_t);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_fully_connected_params_t *params = call->params;
    if (!params->rows || !params->in_n || !params->out_n || params->rows > LINNET_HELIUM_MAX_SIZE
        || params->in_n > LINNET_HELIUM_MAX_SIZE || params->out_n > LINNET_HELIUM_MAX_SIZE
        || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_helium_head_t *head = (const void *)call->data;
    const uint32_t groups = (params->out_n + 7) / 8;
    if (call->operator->data_bytes != sizeof(*head) + (uint64_t)groups * group_bytes(params)) {
        return LINNET_ERR_DATA;
    }
    const uint8_t *factors = call->data + sizeof(*head) + group_bytes(params) - 16 * sizeof(int32_t);
    const int32_t first = linnet_helium_max_shift(factors, groups, group_bytes(params));
    const int32_t second = linnet_helium_max_shift(factors + 8 * sizeof(int32_t), groups, group_bytes(params));
    return linnet_helium_head_ok(head, first > second ? first : second, &params->requant) ? LINNET_OK : LINNET_ERR_DATA;
}

// A row that does not fill its last block is copied to where it may.
static uint32_t scratch(const void *params) {
    const linnet_fully_connected_params_t *p = params;
    return p->in_n % LINNET_HELIUM_BLOCK == 0 ? 0 : steps_of(p) * LINNET_HELIUM_BLOCK;
}

typedef void (*dense_t)(const int32_t *stream, const linnet_helium_dense_t *dense);

static dense_t dense_of(uint32_t kind) {
    return kind == LINNET_HELIUM_RELU    ? linnet_helium_dense_relu
           : kind == LINNET_HELIUM_RIGHT ? linnet_helium_dense_right
                                         : linnet_helium_dense_any;
}

static void run(const linnet_call_t *call) {
    const linnet_fully_connected_params_t *params = call->params;
    const linnet_requant_t *requant = &params->requant;
    const linnet_helium_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const dense_t dense = dense_of(head->kind);
    const uint32_t whole = params->out_n & ~7u;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->in_n, out += params->out_n) {
        linnet_helium_dense_t d = { in, steps_of(params), out, out + whole, requant->output_zero_point };
        if (params->in_n % LINNET_HELIUM_BLOCK != 0) {
            d.act = (int8_t *)call->scratch;
            linnet_helium_copy((int8_t *)call->scratch, in, params->in_n);
        }
        if (whole > 0) {
            dense(stream, &d);
        }
        if (whole < params->out_n) {
            int8_t last[8];
            d.out = last;
            d.end = last + 8;
            dense(stream + whole / 8 * (group_bytes(params) / 4), &d);
            linnet_helium_copy(out + whole, last, params->out_n - whole);
        }
        if (linnet_helium_clamps(requant)) {
            linnet_helium_clamp(out, params->out_n, requant);
        }
    }
}

const linnet_kernel_t linnet_fully_connected_helium_kernel
    = { 1, 1, sizeof(linnet_fully_connected_params_t), check, scratch, run };

#endif
