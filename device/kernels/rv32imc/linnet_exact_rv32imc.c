// Channels for which no factor is proved: C works them out from a copy of their weights. And what is true of all data.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC)

#include "../linnet_requant.h"

static const linnet_rv32imc_exact_t *next(const linnet_rv32imc_exact_t *row, uint32_t inputs) {
    return (const linnet_rv32imc_exact_t *)(const void *)(row->weights + inputs);
}

int linnet_rv32imc_data_ok(const linnet_call_t *call, uint32_t inputs, uint32_t out_n, uint32_t channels) {
    const linnet_operator_t *op = call->operator;
    const linnet_rv32imc_head_t *head = (const linnet_rv32imc_head_t *)(const void *)call->data;
    if (op->data_bytes < sizeof(*head)) {
        return 0;
    }
    const uint64_t groups = (out_n + channels - 1) / channels;
    const uint64_t stream = sizeof(*head) + groups * linnet_rv32imc_group_bytes(inputs, channels, op->variant >> 4);
    if (head->n_exact > out_n || op->data_bytes != stream + head->n_exact * (uint64_t)(sizeof(linnet_rv32imc_exact_t) + inputs)) {
        return 0;
    }
    const linnet_rv32imc_exact_t *row = (const linnet_rv32imc_exact_t *)(const void *)(call->data + stream);
    for (uint32_t i = 0; i < head->n_exact; i++, row = next(row, inputs)) {
        if (row->channel >= out_n || row->multiplier < 0 || row->shift < -31 || row->shift > 30) {
            return 0;
        }
    }
    return 1;
}

void linnet_rv32imc_exact(const linnet_call_t *call, const linnet_requant_t *requant, uint32_t inputs, const uint8_t *rows,
    const int8_t *x, int8_t *y) {
    const linnet_rv32imc_head_t *head = (const linnet_rv32imc_head_t *)(const void *)call->data;
    const linnet_rv32imc_exact_t *row = (const linnet_rv32imc_exact_t *)(const void *)rows;
    for (uint32_t i = 0; i < head->n_exact; i++, row = next(row, inputs)) {
        uint32_t acc = (uint32_t)row->bias;
        for (uint32_t k = 0; k < inputs; k++) {
            acc += (uint32_t)(x[k] * row->weights[k]);
        }
        const int32_t value = linnet_requant((int32_t)acc, row->multiplier, row->shift);
        y[row->channel] = (int8_t)linnet_clamp(
            linnet_wrapping_add(value, requant->output_zero_point), requant->act_min, requant->act_max);
    }
}

#endif
