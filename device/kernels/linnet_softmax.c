// SOFTMAX: int8 (rows, depth) -> int8, output scale 1/256, zero point -128, or int16, 1/65536 and -32768. TFLite's
// reference/softmax.h in gemmlowp's fixed point; the host has made the table of exponentials.

#include "linnet_fixed_point.h"
#include "linnet_kernel.h"

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
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, n)
        || !linnet_tensor_is(out, out->dtype == LINNET_INT16 ? LINNET_INT16 : LINNET_INT8, n)) {
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

static void run(const linnet_call_t *call) {
    const linnet_softmax_params_t *params = call->params;
    const int32_t *exp = (const int32_t *)(const void *)call->data;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    int16_t *out16 = linnet_output(call, 0);
    const uint32_t bits = linnet_output_tensor(call, 0)->dtype == LINNET_INT16 ? 16 : 8;
    const int32_t lowest = -(1 << (bits - 1));
    for (uint32_t row = 0; row < params->rows; row++, in += params->depth) {
        int32_t max = -128;
        for (uint32_t i = 0; i < params->depth; i++) {
            max = in[i] > max ? in[i] : max;
        }
        uint32_t sum = 0;
        for (uint32_t i = 0; i < params->depth; i++) {
            sum += (uint32_t)linnet_rounding_shift(exp[max - in[i]], SUM_INTEGER_BITS);
        }
        const uint32_t zeros = linnet_leading_zeros(sum);
        const int32_t scale = linnet_one_over_one_plus((int32_t)((sum << zeros) - 0x80000000));
        const uint32_t exponent = SUM_INTEGER_BITS - zeros + 31 - bits;
        for (uint32_t i = 0; i < params->depth; i++) {
            const int32_t e = exp[(uint8_t)(max - in[i])];  // a hostile overlap may have put more than max there
            // Beyond 31 bits nothing is left; TFLite leaves that case undefined.
            int32_t y = exponent > 31 ? 0 : linnet_rounding_shift(linnet_high_mul(scale, e), exponent);
            y = linnet_clamp(y + lowest, lowest, -lowest - 1);
            if (bits == 8) {
                *out++ = (int8_t)y;
            } else {
                *out16++ = (int16_t)y;
            }
        }
    }
}

const linnet_kernel_t linnet_softmax_kernel = { 1, 1, sizeof(linnet_softmax_params_t), check, NULL, run };
