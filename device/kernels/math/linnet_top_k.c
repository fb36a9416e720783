// TOP_K: int8 or int32 (rows, n) -> the k largest of each row and where they are, int32, the largest first, of equals the first.
// TFLite's TOPK_V2.

#include "../linnet_kernel.h"

typedef struct {
    uint32_t rows, n, k;
} linnet_top_k_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_top_k_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    if ((in->dtype != LINNET_INT8 && in->dtype != LINNET_INT32) || (uint64_t)p->rows * p->n > UINT32_MAX) {
        return LINNET_ERR_OPERANDS;
    }
    if (p->k == 0 || p->k > p->n) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t found = (uint64_t)p->rows * p->k;
    return linnet_tensor_is(in, in->dtype, (uint64_t)p->rows * p->n) && linnet_tensor_is(linnet_output_tensor(call, 0), in->dtype, found)
                   && linnet_tensor_is(linnet_output_tensor(call, 1), LINNET_INT32, found)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

static int32_t value(const void *in, int is_int8, size_t i) {
    return is_int8 ? ((const int8_t *)in)[i] : ((const int32_t *)in)[i];
}

static void run(const linnet_call_t *call) {
    const linnet_top_k_params_t *p = call->params;
    const int is_int8 = linnet_input_tensor(call, 0)->dtype == LINNET_INT8;
    const void *in = linnet_input(call, 0);
    void *values = linnet_output(call, 0);
    uint32_t *places = linnet_output(call, 1);
    for (uint32_t row = 0; row < p->rows; row++) {
        const size_t start = (size_t)row * p->n, first = (size_t)row * p->k;
        uint32_t n_found = 0;
        for (uint32_t i = 0; i < p->n; i++) {
            const int32_t x = value(in, is_int8, start + i);
            if (n_found == p->k && value(values, is_int8, first + p->k - 1) >= x) {
                continue;
            }
            // Those that are smaller make room.
            uint32_t at = n_found < p->k ? n_found++ : p->k - 1;
            for (; at && value(values, is_int8, first + at - 1) < x; at--) {
                places[first + at] = places[first + at - 1];
                if (is_int8) {
                    ((int8_t *)values)[first + at] = ((int8_t *)values)[first + at - 1];
                } else {
                    ((int32_t *)values)[first + at] = ((int32_t *)values)[first + at - 1];
                }
            }
            places[first + at] = i;
            if (is_int8) {
                ((int8_t *)values)[first + at] = (int8_t)x;
            } else {
                ((int32_t *)values)[first + at] = x;
            }
        }
    }
}

const linnet_kernel_t linnet_top_k_kernel = { 1, 2, sizeof(linnet_top_k_params_t), check, NULL, run };
