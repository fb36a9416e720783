// PAD: one-byte elements, up to four dimensions, a constant around them. TFLite's reference/pad.h.

#include <string.h>

#include "linnet_kernel.h"

typedef struct {
    uint32_t in[4], before[4], after[4];
    int32_t value;
} linnet_pad_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_pad_params_t *params = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    uint64_t in_elements = 1, out_elements = 1;
    for (int i = 0; i < 4; i++) {
        if (!params->in[i] || params->in[i] > 0xffff || params->before[i] > 0xffff || params->after[i] > 0xffff) {
            return LINNET_ERR_PARAMS;
        }
        in_elements *= params->in[i];
        out_elements *= params->in[i] + params->before[i] + params->after[i];
        if (out_elements > UINT32_MAX) {
            return LINNET_ERR_PARAMS;
        }
    }
    int same = in->dtype == out->dtype && linnet_dtype_bytes(in->dtype) == 1;
    return same && in->bytes == in_elements && out->bytes == out_elements ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_pad_params_t *p = call->params;
    const uint8_t *in = linnet_input(call, 0);
    uint8_t *out = linnet_output(call, 0);
    uint32_t size[4];
    for (int i = 0; i < 4; i++) {
        size[i] = p->in[i] + p->before[i] + p->after[i];
    }
    memset(out, (uint8_t)p->value, linnet_output_tensor(call, 0)->bytes);
    for (uint32_t a = 0; a < p->in[0]; a++) {
        for (uint32_t b = 0; b < p->in[1]; b++) {
            for (uint32_t c = 0; c < p->in[2]; c++, in += p->in[3]) {
                uint32_t row = ((a + p->before[0]) * size[1] + b + p->before[1]) * size[2] + c + p->before[2];
                memmove(out + row * size[3] + p->before[3], in, p->in[3]);
            }
        }
    }
}

const linnet_kernel_t linnet_pad_kernel = { 1, 1, sizeof(linnet_pad_params_t), check, NULL, run };
