// CONCATENATION, PACK: the inputs side by side in every one of `outer` rows. TFLite's reference/concatenation.h.

#include "linnet_shapes.h"

enum { KEPT = 8 };  // inputs whose places are worked out only once

typedef struct {
    uint32_t outer;
} linnet_concatenation_params_t;

// In the data: u32 run[n_inputs], the bytes of each input in a row.
static linnet_status_t check(const linnet_call_t *call) {
    const linnet_concatenation_params_t *p = call->params;
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    const uint32_t n = call->operator->n_inputs;
    if (call->operator->data_bytes != 4 * n) {
        return LINNET_ERR_DATA;
    }
    const uint32_t *run = (const uint32_t *)(const void *)call->data;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        const linnet_tensor_t *in = linnet_input_tensor(call, i);
        if ((uint64_t)p->outer * run[i] != in->bytes) {
            return LINNET_ERR_DATA;
        }
        if (in->dtype != out->dtype) {
            return LINNET_ERR_OPERANDS;
        }
        bytes += in->bytes;
    }
    return bytes == out->bytes ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_concatenation_params_t *p = call->params;
    const uint32_t *runs = (const uint32_t *)(const void *)call->data;
    uint8_t *out = linnet_output(call, 0);
    const uint32_t n = call->operator->n_inputs;
    const uint8_t *from[KEPT];
    for (uint32_t i = 0; i < n && i < KEPT; i++) {
        from[i] = linnet_input(call, i);
    }
    for (uint32_t row = 0; row < p->outer; row++) {
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t bytes = runs[i];
            if (i < KEPT) {
                linnet_move(out, from[i], bytes);
                from[i] += bytes;
            } else {
                linnet_move(out, (const uint8_t *)linnet_input(call, i) + row * bytes, bytes);
            }
            out += bytes;
        }
    }
}

const linnet_kernel_t linnet_concatenation_kernel = {
    LINNET_ANY, 1, sizeof(linnet_concatenation_params_t), check, NULL, run
};
