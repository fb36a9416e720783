// FULLY_CONNECTED tuned for the DSP extension: a row is widened to 16 bits, then four channels at a time.

#include <string.h>

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_requant_t requant;
} linnet_fully_connected_params_t;

static uint32_t padded_k(const linnet_fully_connected_params_t *params) {
    return (params->in_n + 15) & ~15u;
}

static uint32_t group_bytes(const linnet_fully_connected_params_t *params) {
    return 16 + 4 * padded_k(params) + 4 * (uint32_t)sizeof(linnet_armv7em_factor_t);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_fully_connected_params_t *params = call->params;
    const uint32_t limit = 1u << 24;
    if (!params->rows || !params->in_n || !params->out_n || params->rows > limit || params->in_n > limit
        || params->out_n > limit || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)params->rows * params->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const uint32_t n_groups = (params->out_n + 3) / 4;
    const uint64_t groups_bytes = (uint64_t)n_groups * group_bytes(params);
    const uint64_t exact_bytes = sizeof(linnet_armv7em_exact_t) + padded_k(params);
    if (call->operator->data_bytes < sizeof(*head) || head->n_exact > params->out_n
        || call->operator->data_bytes != sizeof(*head) + groups_bytes + head->n_exact * exact_bytes) {
        return LINNET_ERR_DATA;
    }
    const uint8_t *stream = call->data + sizeof(*head);
    return linnet_armv7em_factors_ok(stream + 16 + 4 * padded_k(params), n_groups, group_bytes(params), 4)
                   && linnet_armv7em_exact_ok(call->data, stream + groups_bytes, padded_k(params), params->out_n)
               ? LINNET_OK
               : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    return 2 * padded_k(params);
}

// in (n) to act (n, padded): lanes 0 2, 1 3 of every four.
static void widen(const int8_t *in, uint32_t n, int16_t *act) {
    for (; n >= 4; n -= 4, in += 4, act += 4) {
        const uint32_t word = linnet_armv7em_load(in);
        linnet_armv7em_store(act, linnet_armv7em_lanes(word));
        linnet_armv7em_store(act + 2, linnet_armv7em_odd_lanes(word));
    }
    for (uint32_t i = 0; i < n; i++) {
        act[i % 2 * 2 + i / 2] = in[i];
    }
}

static void run(const linnet_call_t *call) {
    const linnet_fully_connected_params_t *params = call->params;
    const linnet_requant_t *requant = &params->requant;
    const uint32_t k = padded_k(params);
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const uint32_t whole = params->out_n & ~3u;
    const int32_t *last = (const void *)((const uint8_t *)stream + (size_t)(whole / 4) * group_bytes(params));
    const uint8_t *end = (const uint8_t *)last + (whole < params->out_n ? group_bytes(params) : 0);
    void (*const dense)(const int32_t *, linnet_armv7em_dense_t *)
        = linnet_armv7em_is_relu(requant) ? linnet_armv7em_dense_relu : linnet_armv7em_dense;
    int16_t *act = (int16_t *)(void *)call->scratch;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t i = params->in_n & ~3u; i < k; i++) {
        act[i] = 0;
    }
    for (uint32_t row = 0; row < params->rows; row++, in += params->in_n, out += params->out_n) {
        widen(in, params->in_n, act);
        if (whole > 0) {
            linnet_armv7em_dense_t d = { act, act + k, out, out + whole };
            dense(stream, &d);
        }
        if (whole < params->out_n) {
            int8_t rest[4];
            linnet_armv7em_dense_t d = { act, act + k, rest, rest + 4 };
            dense(last, &d);
            memcpy(out + whole, rest, params->out_n - whole);
        }
        const linnet_armv7em_exact_t *exact = (const void *)end;
        for (uint32_t e = 0; e < head->n_exact; e++, exact = linnet_armv7em_next(exact, k)) {
            out[exact->channel] = linnet_armv7em_finish(exact, linnet_armv7em_dot(exact, act, 1, k), requant);
        }
        if (linnet_armv7em_clamps(requant)) {
            linnet_armv7em_clamp(out, params->out_n, requant);
        }
    }
}

const linnet_kernel_t linnet_fully_connected_armv7em_kernel
    = { 1, 1, sizeof(linnet_fully_connected_params_t), check, scratch, run };

#endif
