// STRIDED_COPY: out[i0]...[i5] = the run at offset + i0 * stride[0] + ... + i5 * stride[5] of the input, in bytes.
// SLICE, SPLIT, TRANSPOSE, TILE and their like: host/linnet/operators/view.py makes the strides.

#include "linnet_shapes.h"

enum { N_DIMS = 6, INNER = N_DIMS - 1 };

typedef struct {
    uint32_t run;            // bytes that lie together in input and output
    uint32_t offset;
    uint32_t n[N_DIMS];
    int32_t stride[N_DIMS];  // within the input
} linnet_strided_copy_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_strided_copy_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    uint64_t bytes = p->run;
    int64_t least = p->offset, most = least + p->run;
    for (int i = 0; i < N_DIMS; i++) {
        const int64_t reach = p->n[i] ? (int64_t)(p->n[i] - 1) * p->stride[i] : INT64_MIN;
        if (reach < -(int64_t)UINT32_MAX || reach > (int64_t)UINT32_MAX) {
            return LINNET_ERR_PARAMS;
        }
        *(reach < 0 ? &least : &most) += reach;
        bytes = linnet_product(bytes, p->n[i]);
    }
    if (least < 0 || most > in->bytes || bytes != out->bytes) {
        return LINNET_ERR_PARAMS;
    }
    return in->dtype == out->dtype ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// n elements of type, `stride` bytes apart in the input.
#define COPY(type) \
    { \
        type *to = (type *)(void *)out; \
        for (uint32_t i = 0; i < n; i++, from += stride) { \
            *to++ = *(const type *)(const void *)(in + from); \
        } \
        break; \
    }

static void copy_row(const linnet_strided_copy_params_t *p, uint32_t word, const uint8_t *in, uint32_t from, uint8_t *out) {
    const uint32_t n = p->n[INNER], stride = (uint32_t)p->stride[INNER], run = p->run;
    if (stride == 0 && run == 1) {
        memset(out, in[from], n);
        return;
    }
    switch (run == word ? word : 0) {
        case 1:
            COPY(uint8_t)
        case 2:
            COPY(uint16_t)
        case 4:
            COPY(uint32_t)
        default:
            for (uint32_t i = 0; i < n; i++, from += stride, out += run) {
                linnet_move(out, in + from, run);
            }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_strided_copy_params_t *p = call->params;
    const uint8_t *in = linnet_input(call, 0);
    uint8_t *out = linnet_output(call, 0);
    const uint32_t row_bytes = p->n[INNER] * p->run;
    uint32_t all = p->run | p->offset, index[INNER] = { 0 }, from = p->offset;
    for (int i = 0; i < N_DIMS; i++) {
        all |= (uint32_t)p->stride[i];
    }
    const uint32_t word = linnet_word_of(all);
    for (;;) {
        copy_row(p, word, in, from, out);
        out += row_bytes;
        int i = INNER - 1;
        for (; i >= 0; i--) {
            from += (uint32_t)p->stride[i];
            if (++index[i] < p->n[i]) {
                break;
            }
            from -= p->n[i] * (uint32_t)p->stride[i];
            index[i] = 0;
        }
        if (i < 0) {
            return;
        }
    }
}

const linnet_kernel_t linnet_strided_copy_kernel = { 1, 1, sizeof(linnet_strided_copy_params_t), check, NULL, run };
