// LOG_SOFTMAX: int8 (rows, depth) -> int8, output scale 1/16, zero point 127. TFLite's reference/log_softmax.h in gemmlowp's
// fixed point; the host has made tables of what depends on the difference to the row's maximum.

#include "../linnet_fixed_point.h"
#include "../linnet_kernel.h"

#define ONE (1u << 19)  // in Q12.19, which sums of exponentials have

typedef struct {
    uint32_t rows, depth;
    int32_t diff_min;
    int32_t multiplier, shift;  // from Q5.26 back to differences
} linnet_log_softmax_params_t;

typedef struct {
    uint32_t exp[256];  // Q12.19
    int32_t diff[256];  // Q5.26
} tables_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_log_softmax_params_t *p = call->params;
    // At most 4095 exponentials of up to 2^19 keep the sum below 2^31.
    if (!p->rows || !p->depth || p->depth > 4095 || p->multiplier < 0 || p->shift < -31 || p->shift > 0) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t n = (uint64_t)p->rows * p->depth;
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, n)) {
        return LINNET_ERR_OPERANDS;
    }
    const tables_t *tables = (const void *)call->data;
    if (call->operator->data_bytes != sizeof(tables_t) || tables->exp[0] != ONE) {
        return LINNET_ERR_DATA;
    }
    for (int i = 0; i < 256; i++) {
        if (tables->exp[i] > ONE) {
            return LINNET_ERR_DATA;
        }
    }
    return LINNET_OK;
}

// TFLite's log_x_for_x_greater_than_or_equal_to_1: of Q12.19, ONE <= z < 2^31, in Q5.26.
static int32_t natural_log(int32_t z) {
    const int32_t sqrt_sqrt_half = 1805811301, sqrt_half = 1518500250, log_2 = 1488522236, quarter = 1 << 23;
    const int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769, alpha_f = 638450708;
    // z is r * 2^power, once for powers a quarter below whole numbers and once for those a quarter above, in Q6.25.
    const int32_t above = (int32_t)linnet_leading_zeros((uint32_t)z);
    const int32_t r_above = linnet_saturating_shift(linnet_high_mul(z << (above - 1), sqrt_half), 1);
    const int32_t below = (int32_t)linnet_leading_zeros((uint32_t)linnet_high_mul(z, sqrt_half)) - 1;
    const int32_t r_below = linnet_saturating_shift(z, (uint32_t)below);
    const int32_t power_above = (12 - above) * (1 << 25) + quarter, power_below = (12 - below) * (1 << 25) - quarter;
    const int32_t r = r_above < r_below ? r_above : r_below;
    const int32_t power = power_above > power_below ? power_above : power_below;

    const int32_t p = (int32_t)(((uint32_t)r + (uint32_t)sqrt_sqrt_half + 1) / 2);
    const int32_t q = 2 * (r - sqrt_sqrt_half);
    const int32_t square = linnet_high_mul(q, q);
    const int32_t top = linnet_high_mul(q, r) + linnet_high_mul(linnet_high_mul(q, square), alpha_n);
    const int32_t bottom = linnet_high_mul(p, alpha_i + q + linnet_high_mul(alpha_d, square)) + linnet_high_mul(alpha_f, q);
    const int32_t rest = linnet_high_mul(linnet_rounding_shift(top, 6), linnet_one_over_one_plus(bottom));
    return linnet_saturating_shift(linnet_high_mul(power, log_2) + rest, 1);
}

static void run(const linnet_call_t *call) {
    const linnet_log_softmax_params_t *p = call->params;
    const tables_t *tables = (const void *)call->data;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth) {
        int32_t max = -128;
        for (uint32_t i = 0; i < p->depth; i++) {
            max = in[i] > max ? in[i] : max;
        }
        uint32_t sum = 0;
        for (uint32_t i = 0; i < p->depth; i++) {
            sum += tables->exp[max - in[i]];
        }
        const int32_t log = natural_log((int32_t)sum);
        // Differences down to this one still have a logarithm within Q5.26.
        const int32_t reach = linnet_requant((int32_t)((uint32_t)log + 0x80000000u), p->multiplier, p->shift);
        const int32_t least = reach > p->diff_min ? reach + 1 : p->diff_min;
        for (uint32_t i = 0; i < p->depth; i++) {
            const int32_t diff = in[i] - max;
            int32_t y = -128;
            if (diff >= least) {
                y = linnet_rounding_shift((int32_t)((uint32_t)tables->diff[-diff & 255] - (uint32_t)log), 22) + 127;
                y = linnet_clamp(y, -128, 127);
            }
            out[i] = (int8_t)y;
        }
    }
}

const linnet_kernel_t linnet_log_softmax_kernel = { 1, 1, sizeof(linnet_log_softmax_params_t), check, NULL, run };
