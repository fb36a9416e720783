// CONV_2D: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), in groups of channels. TFLite's
// reference/conv.h: taps outside the input are left out.

#include "linnet_float32.h"

typedef struct {
    linnet_window_t window;
    linnet_layer_t layer;
} linnet_conv_2d_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_conv_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    // A window of at most 2^24 inputs keeps every product of sizes within 32 bits.
    if (!linnet_window_ok(w) || !linnet_layer_ok(&p->layer) || w->in_c % p->layer.groups != 0 || w->out_c % p->layer.groups != 0
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_float(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t taps = (uint32_t)w->kernel_h * w->kernel_w * (w->in_c / p->layer.groups);
    return call->operator->data_bytes == linnet_layer_bytes(&p->layer, w->out_c, taps) ? LINNET_OK : LINNET_ERR_DATA;
}

// Everything about the pixel at hand.
typedef struct {
    const float *image;  // (in_h, in_w, in_c)
    int32_t top, left;
    linnet_taps_t rows, columns;
} pixel_t;

// Adds up the window for outputs o ... o + lines - 1, all of one group.
static void sum(const linnet_conv_2d_float32_params_t *p, const void *weights, const pixel_t *pixel, uint32_t o, uint32_t lines,
    float *total) {
    const linnet_window_t *w = &p->window;
    const uint32_t depth = (uint32_t)w->in_c / p->layer.groups;
    const uint32_t pitch = (uint32_t)w->kernel_h * w->kernel_w * depth;
    const uint32_t group = p->layer.groups == 1 ? 0 : o / ((uint32_t)w->out_c / p->layer.groups);
    // Neighbouring taps lie side by side in the input as they do in the weights.
    const int together = p->layer.groups == 1 && w->dilation_w == 1;
    const uint32_t step = together ? pixel->columns.end - pixel->columns.first : 1;
    for (uint32_t ky = pixel->rows.first; ky < pixel->rows.end; ky++) {
        const uint32_t y = (uint32_t)(pixel->top + (int32_t)(ky * w->dilation_h));
        for (uint32_t kx = pixel->columns.first; kx < pixel->columns.end; kx += step) {
            const uint32_t x = (uint32_t)(pixel->left + (int32_t)(kx * w->dilation_w));
            const float *in = pixel->image + (y * w->in_w + x) * w->in_c + group * depth;
            linnet_dots(&p->layer, weights, o * pitch + (ky * w->kernel_w + kx) * depth, pitch, in, step * depth, lines, total);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_conv_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    const linnet_layer_data_t data = linnet_layer_data(&p->layer, call->data, w->out_c);
    const uint32_t outputs = (uint32_t)w->out_c / p->layer.groups;  // of a group
    pixel_t pixel = { .image = linnet_input(call, 0) };
    float *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, pixel.image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            pixel.top = (int32_t)(y * w->stride_h) - w->pad_top;
            pixel.rows = linnet_taps(pixel.top, w->kernel_h, w->dilation_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                pixel.left = (int32_t)(x * w->stride_w) - w->pad_left;
                pixel.columns = linnet_taps(pixel.left, w->kernel_w, w->dilation_w, w->in_w);
                for (uint32_t first = 0; first < w->out_c; first += outputs) {
                    for (uint32_t o = first, lines; o < first + outputs; o += lines) {
                        float total[LINNET_LINES] = { 0 };
                        lines = first + outputs - o < LINNET_LINES ? 1 : LINNET_LINES;
                        sum(p, data.weights, &pixel, o, lines, total);
                        linnet_layer_finish(&p->layer, &data, o, lines, total, out + o);
                    }
                }
            }
        }
    }
}

const linnet_kernel_t linnet_conv_2d_float32_kernel = { 1, 1, sizeof(linnet_conv_2d_float32_params_t), check, NULL, run };
