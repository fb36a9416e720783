// SOFTMAX: int8 (rows, depth) -> int8, output scale 1/256, zero point -128. TFLite's reference/softmax.h in gemmlowp's
// fixed point; the host has made the table of exponentials.

#include "linnet_kernel.h"
#include "linnet_requant.h"

// Sums of exponentials have 12 integer bits.
#define SUM_INTEGER_BITS 12

typedef struct {
    uint32_t rows, depth;
} linnet_softmax_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_softmax_params_t *params = call->params;
    // At most 8191 exponentials of up to 2^19 keep the sum within 32 bits.
    if (!params->rows || !params->depth || params->depth > 8191) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t n = (uint64_t)params->rows * params->depth;
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, n)) {
        return LINNET_ERR_OPERANDS;
    }
    if (call->operator->data_bytes != 256 * sizeof(int32_t)) {
        return LINNET_ERR_DATA;
    }
    const int32_t *exp = (const int32_t *)(const void *)call->data;
    for (int i = 0; i < 256; i++) {
        if (exp[i] < 0) {
            return LINNET_ERR_DATA;
        }
    }
    // exp(0): so no sum is zero.
    return exp[0] == INT32_MAX ? LINNET_OK : LINNET_ERR_DATA;
}

// gemmlowp's SaturatingRoundingMultiplyByPOT for a positive exponent.
static int32_t saturating_shift(int32_t x, uint32_t exponent) {
    const int32_t limit = INT32_MAX >> exponent;
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << exponent);
}

// gemmlowp's one_over_one_plus_x_for_x_in_0_1, Q0.31 in and out: three Newton-Raphson steps in Q2.29.
static int32_t one_over_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + linnet_high_mul(half_denominator, -1010580540);  // 48/17 - 32/17 * half_denominator
    for (int i = 0; i < 3; i++) {
        const int32_t rest = (1 << 29) - linnet_high_mul(half_denominator, y);
        y = linnet_wrapping_add(y, saturating_shift(linnet_high_mul(y, rest), 2));
    }
    return saturating_shift(y, 1);
}

static uint32_t leading_zeros(uint32_t x) {
    uint32_t n = 0;
    for (; !(x & 0x80000000); x <<= 1) {
        n++;
    }
    return n;
}

static void run(const linnet_call_t *call) {
    const linnet_softmax_params_t *params = call->params;
    const int32_t *exp = (const int32_t *)(const void *)call->data;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->depth, out += params->depth) {
        int32_t max = -128;
        for (uint32_t i = 0; i < params->depth; i++) {
            max = in[i] > max ? in[i] : max;
        }
        uint32_t sum = 0;
        for (uint32_t i = 0; i < params->depth; i++) {
            sum += (uint32_t)linnet_rounding_shift(exp[max - in[i]], SUM_INTEGER_BITS);
        }
        const uint32_t zeros = leading_zeros(sum);
        const int32_t scale = one_over_one_plus((int32_t)((sum << zeros) - 0x80000000));
        const uint32_t exponent = SUM_INTEGER_BITS - zeros + 31 - 8;
        for (uint32_t i = 0; i < params->depth; i++) {
            const int32_t e = exp[max - in[i]];
            // Beyond 31 bits nothing is left; TFLite leaves that case undefined.
            int32_t y = exponent > 31 ? 0 : linnet_rounding_shift(linnet_high_mul(scale, e), exponent);
            out[i] = (int8_t)linnet_clamp(y - 128, -128, 127);
        }
    }
}

const linnet_kernel_t linnet_softmax_kernel = { 1, 1, sizeof(linnet_softmax_params_t), check, NULL, run };
