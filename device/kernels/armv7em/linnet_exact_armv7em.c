// What the armv7em kernels share in C: checks of their data, and the slow exact way for channels that need it.

#include "linnet_armv7em.h"
#include "../linnet_requant.h"

#if LINNET_HAS(ARMV7EM)

int linnet_armv7em_exact_ok(const uint8_t *data, const uint8_t *exact, uint32_t weights, uint32_t channels) {
    const linnet_armv7em_head_t *head = (const void *)data;
    const linnet_armv7em_exact_t *row = (const void *)exact;
    for (uint32_t i = 0; i < head->n_exact; i++, row = linnet_armv7em_next(row, weights)) {
        if (row->channel >= channels || row->multiplier < 0 || row->shift < -31 || row->shift > 30) {
            return 0;
        }
    }
    return !head->reserved[0] && !head->reserved[1] && !head->reserved[2];
}

int linnet_armv7em_factors_ok(const uint8_t *factors, uint32_t n, uint32_t record_bytes, uint32_t per_record) {
    for (uint32_t i = 0; i < n; i++, factors += record_bytes) {
        const linnet_armv7em_factor_t *factor = (const void *)factors;
        for (uint32_t j = 0; j < per_record; j++) {
            if (factor[j].shift < 0 || factor[j].shift > 31) {
                return 0;
            }
        }
    }
    return 1;
}

int32_t linnet_armv7em_dot(const linnet_armv7em_exact_t *exact, const int16_t *act, uint32_t pixels, uint32_t k) {
    uint32_t acc = (uint32_t)exact->bias;
    const int8_t *w = exact->weights;
    for (; k > 0; k -= 4, w += 4, act += 4 * pixels) {
        acc += (uint32_t)(act[0] * w[0] + act[1] * w[2] + act[2 * pixels] * w[1] + act[2 * pixels + 1] * w[3]);
    }
    return (int32_t)acc;
}

int8_t linnet_armv7em_finish(const linnet_armv7em_exact_t *exact, int32_t acc, const linnet_requant_t *requant) {
    int32_t y = linnet_requant(acc, exact->multiplier, exact->shift);
    return (int8_t)linnet_clamp(linnet_wrapping_add(y, requant->output_zero_point), requant->act_min, requant->act_max);
}

void linnet_armv7em_clamp(int8_t *out, uint32_t n, const linnet_requant_t *requant) {
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (int8_t)linnet_clamp(out[i], requant->act_min, requant->act_max);
    }
}

#endif
