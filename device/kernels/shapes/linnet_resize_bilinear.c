// RESIZE_BILINEAR: int8, positions in 1/1024 of a pixel. TFLite's reference/resize_bilinear.h, ResizeBilinearInteger;
// the host works out which pixels each row and column of the output lies between.

#include "linnet_shapes.h"

enum { ONE = 1 << 10 };

typedef struct {
    uint32_t batches, in_bytes;  // of one image
    uint32_t out_h, out_w, channels;
} linnet_resize_bilinear_params_t;

// In the data, for every row and then for every column of the output.
typedef struct {
    uint32_t near, far;  // bytes from the start of the image, of the row
    int32_t weight;      // of far; near's is ONE less that
} position_t;

// The last byte that any of n positions names, or UINT32_MAX where one has no sense.
static uint32_t reach(const position_t *position, uint32_t n) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (position[i].weight < 0 || position[i].weight > ONE) {
            return UINT32_MAX;
        }
        most = position[i].near > most ? position[i].near : most;
        most = position[i].far > most ? position[i].far : most;
    }
    return most;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_resize_bilinear_params_t *p = call->params;
    const uint64_t in = (uint64_t)p->batches * p->in_bytes;
    const uint64_t out = linnet_product(linnet_product((uint64_t)p->batches * p->out_h, p->out_w), p->channels);
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, in)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, out)) {
        return LINNET_ERR_OPERANDS;
    }
    if (call->operator->data_bytes != sizeof(position_t) * ((uint64_t)p->out_h + p->out_w)) {
        return LINNET_ERR_DATA;
    }
    const position_t *rows = (const position_t *)(const void *)call->data;
    const uint64_t end = (uint64_t)reach(rows, p->out_h) + reach(rows + p->out_h, p->out_w) + p->channels;
    return end <= p->in_bytes ? LINNET_OK : LINNET_ERR_DATA;
}

// One pixel (n): between a and b (weight_x of b) above, c and d below (weight_y).
static void pixel(const int8_t *a, const int8_t *b, const int8_t *c, const int8_t *d, int32_t weight_x, int32_t weight_y,
    uint32_t n, int8_t *out) {
    for (uint32_t i = 0; i < n; i++) {
        const int32_t above = a[i] * ONE + (b[i] - a[i]) * weight_x;
        const int32_t below = c[i] * ONE + (d[i] - c[i]) * weight_x;
        const int32_t sum = above * ONE + (below - above) * weight_y;
        out[i] = (int8_t)((sum + ONE * ONE / 2 + (sum >> 31)) >> 20);  // halves away from zero
    }
}

static void run(const linnet_call_t *call) {
    const linnet_resize_bilinear_params_t *p = call->params;
    const position_t *rows = (const position_t *)(const void *)call->data;
    const position_t *columns = rows + p->out_h;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t batch = 0; batch < p->batches; batch++, image += p->in_bytes) {
        for (uint32_t y = 0; y < p->out_h; y++) {
            const int8_t *above = image + rows[y].near, *below = image + rows[y].far;
            for (uint32_t x = 0; x < p->out_w; x++, out += p->channels) {
                const position_t *at = &columns[x];
                pixel(above + at->near, above + at->far, below + at->near, below + at->far, at->weight, rows[y].weight,
                    p->channels, out);
            }
        }
    }
}

const linnet_kernel_t linnet_resize_bilinear_kernel = { 1, 1, sizeof(linnet_resize_bilinear_params_t), check, NULL, run };
