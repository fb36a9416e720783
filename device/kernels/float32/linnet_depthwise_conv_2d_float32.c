// DEPTHWISE_CONV_2D: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, in_c * multiplier). TFLite's
// reference/depthwiseconv_float.h; output channel o reads input channel o / multiplier.

#include "linnet_float32.h"

typedef struct {
    linnet_window_t window;
    linnet_layer_t layer;
} linnet_depthwise_conv_2d_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_depthwise_conv_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    if (!linnet_window_ok(w) || !linnet_layer_ok(&p->layer) || p->layer.groups != 1 || w->out_c % w->in_c != 0
        || (uint64_t)w->kernel_h * w->kernel_w * w->out_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_float(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t taps = (uint32_t)w->kernel_h * w->kernel_w;
    return call->operator->data_bytes == linnet_layer_bytes(&p->layer, w->out_c, taps) ? LINNET_OK : LINNET_ERR_DATA;
}

// The taps of a window that lie inside the input, as steps in elements.
typedef struct {
    uint32_t rows, columns;
    uint32_t in_row, in_tap;          // to the next in the input
    uint32_t weight_row, weight_tap;  // (kernel_h, kernel_w, out_c)
} taps_t;

#define DEFINE_TAPS(name, type, widen) \
    static void name##_line(const taps_t *t, const float *x, const type *w, float *total) { \
        float sum = 0; \
        for (uint32_t y = t->rows; y != 0; y--, x += t->in_row, w += t->weight_row) { \
            const float *xi = x; \
            const type *wi = w; \
            for (uint32_t n = t->columns; n != 0; n--, xi += t->in_tap, wi += t->weight_tap) { \
                sum += *xi * widen(*wi); \
            } \
        } \
        *total = sum; \
    } \
    static void name(const taps_t *t, const float *x, const type *w, float *total) { \
        float t0 = 0, t1 = 0, t2 = 0, t3 = 0; \
        for (uint32_t y = t->rows; y != 0; y--, x += t->in_row, w += t->weight_row) { \
            const float *xi = x; \
            const type *wi = w; \
            for (uint32_t n = t->columns; n != 0; n--, xi += t->in_tap, wi += t->weight_tap) { \
                t0 += xi[0] * widen(wi[0]); \
                t1 += xi[1] * widen(wi[1]); \
                t2 += xi[2] * widen(wi[2]); \
                t3 += xi[3] * widen(wi[3]); \
            } \
        } \
        total[0] = t0, total[1] = t1, total[2] = t2, total[3] = t3; \
    }

DEFINE_TAPS(taps_float32, float, )
DEFINE_TAPS(taps_float16, uint16_t, linnet_widen)
DEFINE_TAPS(taps_int8, int8_t, (float))

#define TAPS(name, type) \
    do { \
        const type *at = (const type *)weights + first; \
        if (lines == 1) { \
            name##_line(taps, x, at, total); \
        } else { \
            name(taps, x, at, total); \
        } \
    } while (0)

static void sum(const linnet_layer_t *layer, const taps_t *taps, const float *x, const void *weights, uint32_t first, uint32_t lines,
    float *total) {
    switch (layer->weights) {
        case LINNET_WEIGHTS_FLOAT32:
            TAPS(taps_float32, float);
            break;
        case LINNET_WEIGHTS_FLOAT16:
            TAPS(taps_float16, uint16_t);
            break;
        default:
            TAPS(taps_int8, int8_t);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_depthwise_conv_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    const linnet_layer_data_t data = linnet_layer_data(&p->layer, call->data, w->out_c);
    const uint32_t multiplier = (uint32_t)w->out_c / w->in_c;
    taps_t taps = { 0, 0, (uint32_t)w->dilation_h * w->in_w * w->in_c, (uint32_t)w->dilation_w * w->in_c,
                    (uint32_t)w->kernel_w * w->out_c, w->out_c };
    const float *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    float *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            const int32_t top = (int32_t)(y * w->stride_h) - w->pad_top;
            const linnet_taps_t rows = linnet_taps(top, w->kernel_h, w->dilation_h, w->in_h);
            taps.rows = rows.end - rows.first;
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                const int32_t left = (int32_t)(x * w->stride_w) - w->pad_left;
                const linnet_taps_t columns = linnet_taps(left, w->kernel_w, w->dilation_w, w->in_w);
                taps.columns = columns.end - columns.first;
                const float *in = image;
                if (taps.rows != 0 && taps.columns != 0) {
                    const uint32_t in_y = (uint32_t)(top + (int32_t)(rows.first * w->dilation_h));
                    const uint32_t in_x = (uint32_t)(left + (int32_t)(columns.first * w->dilation_w));
                    in += (in_y * w->in_w + in_x) * w->in_c;
                }
                const uint32_t first = (rows.first * w->kernel_w + columns.first) * w->out_c;
                for (uint32_t o = 0, lines; o < w->out_c; o += lines) {
                    float total[LINNET_LINES];
                    lines = multiplier == 1 && w->out_c - o >= LINNET_LINES ? LINNET_LINES : 1;
                    sum(&p->layer, &taps, in + (multiplier == 1 ? o : o / multiplier), data.weights, first + o, lines, total);
                    linnet_layer_finish(&p->layer, &data, o, lines, total, out + o);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_float32_kernel
    = { 1, 1, sizeof(linnet_depthwise_conv_2d_float32_params_t), check, NULL, run };
