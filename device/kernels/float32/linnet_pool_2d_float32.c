// AVERAGE_POOL_2D and MAX_POOL_2D: float32 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c). TFLite's reference/pooling.h.

#include "../linnet_pool.h"
#include "linnet_float32.h"

enum { AVERAGE, MAX, N_MODES };

typedef struct {
    linnet_window_t window;
    float act_min, act_max;
    uint32_t mode;
} linnet_pool_2d_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_pool_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    // Every window holds at least one tap of the input.
    const uint32_t last_y = (uint32_t)(w->out_h - 1) * w->stride_h;
    const uint32_t last_x = (uint32_t)(w->out_w - 1) * w->stride_w;
    if (!linnet_window_ok(w) || !linnet_range_ok(p->act_min, p->act_max) || p->mode >= N_MODES || w->in_c != w->out_c || w->dilation_h != 1
        || w->dilation_w != 1 || w->pad_top >= w->kernel_h || w->pad_left >= w->kernel_w
        || last_y >= (uint32_t)w->in_h + w->pad_top || last_x >= (uint32_t)w->in_w + w->pad_left) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_window_fits_float(w, call) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static float average(const float *window, uint32_t rows, uint32_t columns, uint32_t row, uint32_t tap) {
    float sum = 0;
    for (uint32_t y = 0; y < rows; y++, window += row) {
        const float *in = window;
        for (uint32_t n = columns; n != 0; n--, in += tap) {
            sum += *in;
        }
    }
    return sum / (float)(int32_t)(rows * columns);
}

static float largest(const float *window, uint32_t rows, uint32_t columns, uint32_t row, uint32_t tap) {
    float max = LINNET_LOWEST;
    for (uint32_t y = 0; y < rows; y++, window += row) {
        const float *in = window;
        for (uint32_t n = columns; n != 0; n--, in += tap) {
            max = linnet_less(max, *in) ? *in : max;
        }
    }
    return max;
}

static void run(const linnet_call_t *call) {
    const linnet_pool_2d_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    const uint32_t row = (uint32_t)w->in_w * w->in_c;
    const float *image = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            const linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++) {
                const linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const float *window = image + rows.first * row + columns.first * w->in_c;
                for (uint32_t c = 0; c < w->in_c; c++, window++) {
                    const float y_c = p->mode == MAX ? largest(window, rows.count, columns.count, row, w->in_c)
                                                     : average(window, rows.count, columns.count, row, w->in_c);
                    *out++ = linnet_clamp_float(y_c, p->act_min, p->act_max);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_pool_2d_float32_kernel = { 1, 1, sizeof(linnet_pool_2d_float32_params_t), check, NULL, run };
