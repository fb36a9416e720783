// Matrices: what convolutions and dense layers for Xtensa have in common.

#include "linnet_xtensa.h"

#if LINNET_HAS(XTENSA)

#include "../linnet_requant.h"

// The start of the data.
typedef struct {
    uint32_t n_exact;
    uint32_t reserved[3];
} head_t;

static uint32_t n_pairs(const linnet_xtensa_matrix_t *matrix) {
    return (matrix->n_outputs + 1) / 2;
}

// Words of the stream for two outputs.
static uint32_t pair_words(const linnet_xtensa_matrix_t *matrix) {
    return 2 + linnet_xtensa_padded(matrix->n_inputs) / 2;
}

uint32_t linnet_xtensa_matrix_scratch(uint32_t n_inputs) {
    return 4 * (linnet_xtensa_padded(n_inputs) / 2 + 1 + LINNET_XTENSA_BLOCK);
}

void linnet_xtensa_matrix_open(linnet_xtensa_matrix_t *matrix, const linnet_call_t *call, uint8_t *scratch) {
    const head_t *head = (const head_t *)(const void *)call->data;
    matrix->n_exact = head->n_exact;
    matrix->stream = (const uint32_t *)(const void *)(head + 1);
    matrix->scales = (const linnet_xtensa_scale_t *)(const void *)(matrix->stream + n_pairs(matrix) * pair_words(matrix));
    matrix->exact = (const linnet_xtensa_exact_t *)(const void *)(matrix->scales + matrix->n_outputs);
    matrix->sums = (uint32_t *)(void *)scratch;
    matrix->x = scratch ? matrix->sums + LINNET_XTENSA_BLOCK : NULL;  // a check has no scratch
}

int linnet_xtensa_matrix_ok(const linnet_xtensa_matrix_t *matrix, const linnet_call_t *call) {
    const uint32_t n = matrix->n_outputs;
    if (call->operator->data_bytes < sizeof(head_t)) {
        return 0;
    }
    const uint32_t n_exact = ((const head_t *)(const void *)call->data)->n_exact;
    const uint64_t bytes = sizeof(head_t) + 4 * (uint64_t)n_pairs(matrix) * pair_words(matrix)
        + (uint64_t)n * sizeof(linnet_xtensa_scale_t) + (uint64_t)n_exact * sizeof(linnet_xtensa_exact_t);
    if (n_exact > n || call->operator->data_bytes != bytes) {
        return 0;
    }
    linnet_xtensa_matrix_t opened = *matrix;
    linnet_xtensa_matrix_open(&opened, call, NULL);
    for (uint32_t i = 0; i < n_exact; i++) {
        const linnet_xtensa_exact_t *exact = &opened.exact[i];
        // Ascending, so that one pass over them finds every block's.
        if (exact->channel >= n || (i > 0 && exact->channel <= exact[-1].channel) || exact->multiplier < 0 || exact->shift < -31
            || exact->shift > 30) {
            return 0;
        }
    }
    return 1;
}

void linnet_xtensa_multiply(const linnet_xtensa_matrix_t *matrix, const int8_t *in, int8_t *out) {
    const uint32_t n_steps = linnet_xtensa_padded(matrix->n_inputs) / LINNET_XTENSA_STEP;
    const uint32_t x128 = linnet_xtensa_expand(in, matrix->x, n_steps);
    const linnet_requant_t *requant = matrix->requant;
    const linnet_xtensa_exact_t *exact = matrix->exact, *end = exact + matrix->n_exact;
    const uint32_t *stream = matrix->stream;
    for (uint32_t first = 0; first < matrix->n_outputs; first += LINNET_XTENSA_BLOCK) {
        const uint32_t left = matrix->n_outputs - first, n = left < LINNET_XTENSA_BLOCK ? left : LINNET_XTENSA_BLOCK;
        linnet_xtensa_sums(matrix->x, stream, matrix->sums, n_steps, (n + 1) / 2, x128);
        linnet_xtensa_finish(matrix->sums, matrix->scales + first, out + first, n);
        for (; exact != end && exact->channel < first + n; exact++) {
            const int32_t y = linnet_requant((int32_t)matrix->sums[exact->channel - first], exact->multiplier, exact->shift);
            out[exact->channel] = (int8_t)linnet_clamp(
                linnet_wrapping_add(y, requant->output_zero_point), requant->act_min, requant->act_max);
        }
        stream += LINNET_XTENSA_BLOCK / 2 * pair_words(matrix);
    }
}

#endif
