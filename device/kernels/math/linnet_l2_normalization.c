// L2_NORMALIZATION: int8 (rows, depth) -> the same, each row divided by its length; the output counts in 1/128. TFLite's
// reference_integer_ops/l2normalization.h.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

typedef struct {
    uint32_t rows, depth;
    int32_t input_zero_point;
} linnet_l2_normalization_params_t;

#define OUTPUT_BITS 7  // of the fraction

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_l2_normalization_params_t *params = call->params;
    // Sums of so many squares stay below 2^31.
    if (!params->rows || !params->depth || params->depth > 1u << 15 || params->rows > 1u << 24
        || params->input_zero_point < -128 || params->input_zero_point > 127) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t n = (uint64_t)params->rows * params->depth;
    return linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, n)
                   && linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, n)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

// gemmlowp's Rescale<3> of a number with six integer bits: times 8, saturated.
static int32_t rescale(int32_t x) {
    const int32_t limit = INT32_MAX >> 3;
    return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : (int32_t)((uint32_t)x << 3);
}

// 1 / sqrt(x) as a multiplier and a shift to the left; TFLite's GetInvSqrtQuantizedMultiplierExp: five rounds of Newton's
// method from 1, in numbers with three integer bits.
static int32_t inverse_sqrt(int32_t x, int32_t *shift) {
    if (x <= 1) {
        *shift = 0;
        return INT32_MAX;
    }
    int32_t right = 11;
    for (; x >= 1 << 29; x /= 4) {
        right++;
    }
    for (; x < 1 << 27; x *= 4) {
        right--;
    }
    const int32_t half = linnet_rounding_shift(x >> 1, 1);
    const int32_t three_halves = (1 << 28) + (1 << 27);
    int32_t y = 1 << 28;
    for (int i = 0; i < 5; i++) {
        // Products have six integer bits, those of three factors nine.
        const int32_t square = linnet_high_mul(y, y);
        const int32_t cube_6 = linnet_high_mul(square, y);
        const int32_t cube = rescale(rescale(cube_6));
        const int32_t difference = linnet_wrapping_add(linnet_high_mul(three_halves, y), -linnet_high_mul(half, cube));
        y = rescale(difference);
    }
    y = linnet_high_mul(y, 1518500250);  // sqrt(1/2)
    if (right < 0) {
        y = (int32_t)((uint32_t)y << -right);
        right = 0;
    }
    *shift = -right;
    return y;
}

static void run(const linnet_call_t *call) {
    const linnet_l2_normalization_params_t *params = call->params;
    const int32_t zero = params->input_zero_point;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < params->rows; row++, in += params->depth, out += params->depth) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < params->depth; i++) {
            sum += (uint32_t)((in[i] - zero) * (in[i] - zero));
        }
        int32_t shift;
        const int32_t multiplier = inverse_sqrt((int32_t)sum, &shift);
        for (uint32_t i = 0; i < params->depth; i++) {
            out[i] = (int8_t)linnet_clamp(linnet_requant(in[i] - zero, multiplier, shift + OUTPUT_BITS), -128, 127);
        }
    }
}

const linnet_kernel_t linnet_l2_normalization_kernel = { 1, 1, sizeof(linnet_l2_normalization_params_t), check, NULL, run };
