// ARG_MAX: int8 or int32 (outer, n, inner) -> int32 or int64 (outer, inner): where the first largest is, or the first
// smallest: then it is ARG_MIN. TFLite's reference/arg_min_max.h.

#include <string.h>

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

#define FIND(name, type, relation) \
    static void name(const linnet_arg_max_params_t *p, const type *in, uint32_t *out, uint32_t words) { \
        const uint32_t n = p->n, stride = p->inner, block = n * stride; \
        for (uint32_t outer = p->outer; outer; outer--, in += block - stride) { \
            for (const type *end = in + stride; in != end; in++, out += words) { \
                int32_t found = *in; \
                uint32_t at = n; /* counted from the end, as left is */ \
                for (uint32_t left = n - 1, offset = stride; left; left--, offset += stride) { \
                    const int32_t value = in[offset]; \
                    if (value relation found) { \
                        found = value; \
                        at = left; \
                    } \
                } \
                *out = n - at; \
            } \
        } \
    }

FIND(largest_int8, int8_t, >)
FIND(smallest_int8, int8_t, <)
FIND(largest_int32, int32_t, >)
FIND(smallest_int32, int32_t, <)

static void run(const linnet_call_t *call) {
    const linnet_arg_max_params_t *p = call->params;
    const int is_int8 = linnet_input_tensor(call, 0)->dtype == LINNET_INT8;
    const uint32_t words = linnet_output_tensor(call, 0)->dtype == LINNET_INT64 ? 2 : 1;
    const void *in = linnet_input(call, 0);
    uint32_t *out = linnet_output(call, 0);
    if (words == 2) {
        memset(out, 0, linnet_output_tensor(call, 0)->bytes);  // their upper halves
    }
    if (is_int8 && p->is_minimum) {
        smallest_int8(p, in, out, words);
    } else if (is_int8) {
        largest_int8(p, in, out, words);
    } else if (p->is_minimum) {
        smallest_int32(p, in, out, words);
    } else {
        largest_int32(p, in, out, words);
    }
}

const linnet_kernel_t linnet_arg_max_kernel = { 1, 1, sizeof(linnet_arg_max_params_t), check, NULL, run };
