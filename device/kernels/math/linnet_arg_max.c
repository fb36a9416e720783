// ARG_MAX: int8 or int32 (outer, n, inner) -> int32 or int64 (outer, inner): where the first largest is, or the first
// smallest: then it is ARG_MIN. TFLite's reference/arg_min_max.h.

#include "../linnet_kernel.h"

typedef struct {
    uint32_t outer, n, inner;
    uint32_t is_minimum;
} linnet_arg_max_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_arg_max_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if ((in->dtype != LINNET_INT8 && in->dtype != LINNET_INT32) || (out->dtype != LINNET_INT32 && out->dtype != LINNET_INT64)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t rows = (uint64_t)p->outer * p->inner;
    if (rows == 0 || rows > UINT32_MAX || p->n == 0 || rows * p->n > UINT32_MAX || p->is_minimum > 1) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_tensor_is(in, in->dtype, rows * p->n) && linnet_tensor_is(out, out->dtype, rows) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// flip: -1 turns the order round.
#define FIND(name, type) \
    static uint32_t name(const type *in, uint32_t n, uint32_t stride, int32_t flip) { \
        uint32_t at = 0; \
        int32_t found = *in ^ flip; \
        for (uint32_t i = 1; i < n; i++) { \
            in += stride; \
            const int32_t value = *in ^ flip; \
            if (value > found) { \
                found = value; \
                at = i; \
            } \
        } \
        return at; \
    }

FIND(find_int8, int8_t)
FIND(find_int32, int32_t)

static void run(const linnet_call_t *call) {
    const linnet_arg_max_params_t *p = call->params;
    const int is_int8 = linnet_input_tensor(call, 0)->dtype == LINNET_INT8;
    const uint32_t words = linnet_output_tensor(call, 0)->dtype == LINNET_INT64 ? 2 : 1;
    const int32_t flip = p->is_minimum ? -1 : 0;
    const int8_t *bytes = linnet_input(call, 0);
    const int32_t *integers = linnet_input(call, 0);
    uint32_t *out = linnet_output(call, 0);
    for (uint32_t outer = 0; outer < p->outer; outer++) {
        for (uint32_t inner = 0; inner < p->inner; inner++, out += words) {
            const size_t start = (size_t)outer * p->n * p->inner + inner;
            out[0] = is_int8 ? find_int8(bytes + start, p->n, p->inner, flip) : find_int32(integers + start, p->n, p->inner, flip);
            if (words == 2) {
                out[1] = 0;
            }
        }
    }
}

const linnet_kernel_t linnet_arg_max_kernel = { 1, 1, sizeof(linnet_arg_max_params_t), check, NULL, run };
