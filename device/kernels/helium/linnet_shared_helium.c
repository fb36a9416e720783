// What the Helium kernels share in C.

#include "linnet_helium.h"
#include "../linnet_requant.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

// Multipliers and shifts of a group of four channels.
typedef struct {
    int32_t multiplier[4];
    int32_t shift[4];
} factors_t;

int32_t linnet_helium_max_shift(const uint8_t *factors, uint32_t groups, uint32_t group_bytes) {
    int32_t max = -31;
    for (uint32_t i = 0; i < groups; i++, factors += group_bytes) {
        const factors_t *f = (const void *)factors;
        for (uint32_t j = 0; j < 4; j++) {
            if (f->multiplier[j] < 0 || f->shift[j] < -31 || f->shift[j] > 30) {
                return 31;
            }
            max = f->shift[j] > max ? f->shift[j] : max;
        }
    }
    return max;
}

int linnet_helium_head_ok(const linnet_helium_head_t *head, int32_t max_shift, const linnet_requant_t *requant) {
    linnet_helium_kind_t kind = requant->act_min >= requant->output_zero_point ? LINNET_HELIUM_RELU : LINNET_HELIUM_RIGHT;
    if (max_shift > 0 || (max_shift == 0 && kind == LINNET_HELIUM_RIGHT)) {
        kind = LINNET_HELIUM_ANY;
    }
    return max_shift < 31 && head->kind == kind && !head->reserved[0] && !head->reserved[1] && !head->reserved[2];
}

void linnet_helium_clamp(int8_t *out, uint32_t n, const linnet_requant_t *requant) {
#if LINNET_IS(HELIUM)
    const int8x16_t low = vdupq_n_s8((int8_t)requant->act_min);
    const int8x16_t high = vdupq_n_s8((int8_t)requant->act_max);
    for (int32_t left = (int32_t)n; left > 0; left -= 16, out += 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)left);
        vstrbq_p_s8(out, vminq_s8(vmaxq_s8(vldrbq_z_s8(out, lanes), low), high), lanes);
    }
#else
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (int8_t)linnet_clamp(out[i], requant->act_min, requant->act_max);
    }
#endif
}

void linnet_helium_copy(int8_t *target, const int8_t *source, uint32_t n) {
#if LINNET_IS(HELIUM)
    for (int32_t left = (int32_t)n; left > 0; left -= 16, target += 16, source += 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)left);
        vstrbq_p_s8(target, vldrbq_z_s8(source, lanes), lanes);
    }
#else
    for (uint32_t i = 0; i < n; i++) {
        target[i] = source[i];
    }
#endif
}

#endif
