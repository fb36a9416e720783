// AVERAGE_POOL_2D and MAX_POOL_2D: int16 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c); ties of averages round away from
// zero. TFLite's reference_integer_ops/pooling.h.

#include "../linnet_pool.h"
#include "linnet_int16.h"

typedef struct {
    linnet_window_t window;
    int16_t act_min, act_max;
} linnet_pool_int16_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_pool_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // Every window holds at least one tap of the input: averages divide by their number. So many taps add up within 32 bits.
    uint32_t last_y = (uint32_t)(w->out_h - 1) * w->stride_h;
    uint32_t last_x = (uint32_t)(w->out_w - 1) * w->stride_w;
    if (!linnet_window_ok(w) || params->act_min > params->act_max || w->in_c != w->out_c || w->dilation_h != 1
        || w->dilation_w != 1 || w->pad_top >= w->kernel_h || w->pad_left >= w->kernel_w
        || last_y >= (uint32_t)w->in_h + w->pad_top || last_x >= (uint32_t)w->in_w + w->pad_left
        || (uint32_t)w->kernel_h * w->kernel_w > UINT16_MAX) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_window_fits_int16(w, call) ? LINNET_OK : LINNET_ERR_OPERANDS;
}

#define BLOCK 16  // channels at a time

// To the nearest, ties away from zero.
static int32_t divide(int32_t sum, int32_t count) {
    return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
}

static inline void pool(const linnet_call_t *call, int is_average) {
    const linnet_pool_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const int32_t low = params->act_min, high = params->act_max;
    const uint32_t in_c = w->in_c;
    const int16_t *image = linnet_input(call, 0);
    int16_t *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++) {
                linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const uint32_t count = rows.count * columns.count;
                const int16_t *window = image + (rows.first * w->in_w + columns.first) * in_c;
                for (uint32_t first = 0, n; first < in_c; first += n, window += n, out += n) {
                    int32_t values[BLOCK];
                    n = in_c - first < BLOCK ? in_c - first : BLOCK;
                    for (uint32_t c = 0; c < n; c++) {
                        values[c] = is_average ? 0 : INT16_MIN;
                    }
                    for (uint32_t ky = 0; ky < rows.count; ky++) {
                        const int16_t *in = window + ky * w->in_w * in_c;
                        for (uint32_t kx = columns.count; kx > 0; kx--, in += in_c) {
                            for (uint32_t c = 0; c < n; c++) {
                                const int32_t tap = in[c];
                                values[c] = is_average ? values[c] + tap : tap > values[c] ? tap : values[c];
                            }
                        }
                    }
                    for (uint32_t c = 0; c < n; c++) {
                        const int32_t value = is_average ? divide(values[c], (int32_t)count) : values[c];
                        out[c] = (int16_t)linnet_clamp(value, low, high);
                    }
                }
            }
        }
    }
}

static void average(const linnet_call_t *call) {
    pool(call, 1);
}

static void maximum(const linnet_call_t *call) {
    pool(call, 0);
}

const linnet_kernel_t linnet_average_pool_2d_int16_kernel
    = { 1, 1, sizeof(linnet_pool_int16_params_t), check, NULL, average };
const linnet_kernel_t linnet_max_pool_2d_int16_kernel = { 1, 1, sizeof(linnet_pool_int16_params_t), check, NULL, maximum };
