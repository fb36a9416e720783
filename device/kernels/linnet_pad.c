// PAD, PADV2: up to four dimensions, a constant around them; the last dimension is in bytes. TFLite's reference/pad.h.

#include <string.h>

#include "linnet_kernel.h"

enum { N_DIMS = 4, MOST = 0xffffff };

typedef struct {
    uint32_t in[N_DIMS], before[N_DIMS], after[N_DIMS];
    int32_t value;
} linnet_pad_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_pad_params_t *params = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    const uint32_t element = linnet_dtype_bytes(in->dtype);
    uint64_t in_bytes = 1, out_bytes = 1;
    for (int i = 0; i < N_DIMS; i++) {
        if (!params->in[i] || params->in[i] > MOST || params->before[i] > MOST || params->after[i] > MOST) {
            return LINNET_ERR_PARAMS;
        }
        in_bytes *= params->in[i];
        out_bytes *= params->in[i] + params->before[i] + params->after[i];
        if (out_bytes > UINT32_MAX) {
            return LINNET_ERR_PARAMS;
        }
    }
    if ((params->in[N_DIMS - 1] | params->before[N_DIMS - 1] | params->after[N_DIMS - 1]) % element) {
        return LINNET_ERR_PARAMS;
    }
    return in->dtype == out->dtype && in->bytes == in_bytes && out->bytes == out_bytes ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// Writes n bytes of the value and returns their end.
static uint8_t *fill(uint8_t *out, uint32_t n, int32_t value, uint32_t element) {
    const uint32_t byte = (uint32_t)value & 0xff;
    if (element == 1 || (uint32_t)value == byte * 0x01010101) {
        memset(out, (int)byte, n);
        return out + n;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = i & (element - 1);
        out[i] = (uint8_t)(at < 4 ? value >> (8 * at) : value >> 31);
    }
    return out + n;
}

// Forwards, so that the input may lie at the end of the output: a row is moved before what is before it is filled.
static void run(const linnet_call_t *call) {
    const linnet_pad_params_t *p = call->params;
    const uint32_t element = linnet_dtype_bytes(linnet_input_tensor(call, 0)->dtype);
    const uint8_t *in = linnet_input(call, 0);
    uint8_t *out = linnet_output(call, 0);
    uint32_t before[N_DIMS], after[N_DIMS], size = 1;  // bytes around each row, plane, ...
    for (int i = N_DIMS - 1; i >= 0; i--) {
        before[i] = p->before[i] * size;
        after[i] = p->after[i] * size;
        size *= p->in[i] + p->before[i] + p->after[i];
    }
    uint32_t gap = before[0];  // not yet filled, up to the next row
    for (uint32_t a = 0; a < p->in[0]; a++, gap += after[1]) {
        gap += before[1];
        for (uint32_t b = 0; b < p->in[1]; b++, gap += after[2]) {
            gap += before[2];
            for (uint32_t c = 0; c < p->in[2]; c++, gap = after[3]) {
                gap += before[3];
                memmove(out + gap, in, p->in[3]);
                out = fill(out, gap, p->value, element) + p->in[3];
                in += p->in[3];
            }
        }
    }
    fill(out, gap + after[0], p->value, element);
}

const linnet_kernel_t linnet_pad_kernel = { 1, 1, sizeof(linnet_pad_params_t), check, NULL, run };
