// CUMSUM: (outer, n, inner) -> the same, sums along n: of int8, requantized, or of int32. TFLite's reference/cumsum.h.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

typedef struct {
    uint32_t outer, n, inner;
    int16_t input_zero_point, output_zero_point;
    uint8_t is_exclusive, is_reverse;
    uint16_t reserved;
    int32_t multiplier, shift;
} linnet_cumsum_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_cumsum_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    const linnet_requant_t requant = { p->input_zero_point, p->output_zero_point, -128, 127 };
    const uint64_t rows = (uint64_t)p->outer * p->inner;
    if (!linnet_requant_ok(&requant) || p->is_exclusive > 1 || p->is_reverse > 1 || p->reserved != 0 || p->multiplier < 0
        || p->shift < -31 || p->shift > 0 || rows > UINT32_MAX || rows * p->n == 0 || rows * p->n > UINT32_MAX) {
        return LINNET_ERR_PARAMS;
    }
    if (in->dtype != LINNET_INT8 && in->dtype != LINNET_INT32) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_tensor_is(in, in->dtype, rows * p->n) && linnet_tensor_is(out, in->dtype, rows * p->n) ? LINNET_OK
                                                                                                         : LINNET_ERR_OPERANDS;
}

static int8_t finish(const linnet_cumsum_params_t *p, uint32_t sum) {
    // TFLite brings values to half their scale times 2^20, and wraps as this does.
    const int32_t y = linnet_requant((int32_t)(sum << 19), p->multiplier, p->shift);
    return (int8_t)linnet_clamp(linnet_wrapping_add(y, p->output_zero_point), -128, 127);
}

static void run(const linnet_call_t *call) {
    const linnet_cumsum_params_t *p = call->params;
    const int is_int8 = linnet_input_tensor(call, 0)->dtype == LINNET_INT8;
    const int8_t *bytes = linnet_input(call, 0);
    const int32_t *integers = linnet_input(call, 0);
    int8_t *out_bytes = linnet_output(call, 0);
    int32_t *out_integers = linnet_output(call, 0);
    const int32_t zero_point = p->input_zero_point;
    for (uint32_t outer = 0; outer < p->outer; outer++) {
        for (uint32_t inner = 0; inner < p->inner; inner++) {
            // TFLite Micro begins not with 0, but with the byte 0 as if it were an input.
            uint32_t sum = is_int8 ? 0u - (uint32_t)zero_point : 0;
            for (uint32_t k = 0; k < p->n; k++) {
                const size_t i = ((size_t)outer * p->n + (p->is_reverse ? p->n - 1 - k : k)) * p->inner + inner;
                const uint32_t before = sum;
                sum += is_int8 ? (uint32_t)(bytes[i] - zero_point) : (uint32_t)integers[i];
                const uint32_t y = p->is_exclusive ? before : sum;
                if (is_int8) {
                    out_bytes[i] = finish(p, y);
                } else {
                    out_integers[i] = (int32_t)y;
                }
            }
        }
    }
}

const linnet_kernel_t linnet_cumsum_kernel = { 1, 1, sizeof(linnet_cumsum_params_t), check, NULL, run };
