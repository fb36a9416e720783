// RESIZE_BILINEAR: float32 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c), between four pixels. TFLite's
// reference/resize_bilinear.h; the host has made the tables of positions.

#include "linnet_float32.h"

typedef struct {
    uint32_t batches, in_h, in_w, out_h, out_w, channels;
} linnet_resize_bilinear_float32_params_t;

// Of every output row, then of every output column.
typedef struct {
    uint32_t near, far;    // the pixel before and the one after
    float to_near, to_far;  // their weights
} position_t;

static int are_within(const position_t *position, uint32_t n, uint32_t size) {
    for (; n != 0; n--, position++) {
        if (position->near >= size || position->far >= size) {
            return 0;
        }
    }
    return 1;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_resize_bilinear_float32_params_t *p = call->params;
    const uint32_t limit = 0xffff;
    if (!p->batches || !p->in_h || !p->in_w || !p->out_h || !p->out_w || !p->channels || p->batches > limit || p->in_h > limit
        || p->in_w > limit || p->out_h > limit || p->out_w > limit || p->channels > limit) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_is_float(linnet_input_tensor(call, 0), (uint64_t)p->batches * p->in_h * p->in_w * p->channels)
        || !linnet_is_float(linnet_output_tensor(call, 0), (uint64_t)p->batches * p->out_h * p->out_w * p->channels)) {
        return LINNET_ERR_OPERANDS;
    }
    const position_t *rows = (const position_t *)(const void *)call->data;
    return call->operator->data_bytes == (p->out_h + p->out_w) * sizeof(position_t) && are_within(rows, p->out_h, p->in_h)
           && are_within(rows + p->out_h, p->out_w, p->in_w)
        ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_resize_bilinear_float32_params_t *p = call->params;
    const position_t *rows = (const position_t *)(const void *)call->data;
    const uint32_t channels = p->channels, row = p->in_w * channels, out_w = p->out_w;
    const float *image = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < p->batches; b++, image += p->in_h * row) {
        for (uint32_t y = 0; y < p->out_h; y++) {
            const float *top = image + rows[y].near * row, *bottom = image + rows[y].far * row;
            const float up = rows[y].to_near, down = rows[y].to_far;
            const position_t *h = rows + p->out_h;
            for (uint32_t x = 0; x < out_w; x++, h++) {
                const uint32_t left = h->near * channels, right = h->far * channels;
                const float *top_left = top + left, *bottom_left = bottom + left;
                const float *top_right = top + right, *bottom_right = bottom + right;
                const float to_left = h->to_near, to_right = h->to_far;
#pragma GCC unroll 2
                for (const float *end = out + channels; out != end;) {
                    // TFLite adds a rounding offset, which is 0 here: it makes -0 into 0.
                    *out++ = *top_left++ * up * to_left + *bottom_left++ * down * to_left + *top_right++ * up * to_right
                             + *bottom_right++ * down * to_right + 0.0f;
                }
            }
        }
    }
}

const linnet_kernel_t linnet_resize_bilinear_float32_kernel
    = { 1, 1, sizeof(linnet_resize_bilinear_float32_params_t), check, NULL, run };
