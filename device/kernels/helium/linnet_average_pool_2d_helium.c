// AVERAGE_POOL_2D tuned for Helium: eight channels at a time, their sums in 16-bit lanes.

#include "linnet_helium.h"
#include "../linnet_pool.h"
#include "../linnet_requant.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_t *w = &((const linnet_window_params_t *)call->params)->window;
    // 256 taps of -128 just fit a lane.
    return (uint32_t)w->kernel_h * w->kernel_w > 256 ? LINNET_ERR_PARAMS : linnet_pool_check(call);
}

// Sums of n <= 8 channels over a window of the input, rows and columns of it `row_bytes` and `pixel_bytes` apart.
static void sum_window(const int8_t *window, uint32_t n_rows, uint32_t n_columns, uint32_t row_bytes, uint32_t pixel_bytes,
    uint32_t n, int16_t *sums) {
#if LINNET_IS(HELIUM)
    const mve_pred16_t lanes = vctp16q(n);
    int16x8_t total = vdupq_n_s16(0);
    for (; n_rows > 0; n_rows--, window += row_bytes) {
        const int8_t *in = window;
        for (uint32_t i = n_columns; i > 0; i--, in += pixel_bytes) {
            total = vaddq_s16(total, vldrbq_z_s16(in, lanes));
        }
    }
    vst1q_s16(sums, total);
#else
    for (uint32_t c = 0; c < n; c++) {
        int32_t total = 0;
        for (uint32_t y = 0; y < n_rows; y++) {
            for (uint32_t x = 0; x < n_columns; x++) {
                total += window[y * row_bytes + x * pixel_bytes + c];
            }
        }
        sums[c] = (int16_t)total;
    }
#endif
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    const uint32_t row_bytes = (uint32_t)w->in_w * w->in_c;
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row_bytes) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            const linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++, out += w->in_c) {
                const linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const int32_t count = (int32_t)(rows.count * columns.count);
                const int8_t *window = image + rows.first * row_bytes + columns.first * w->in_c;
                for (uint32_t c = 0; c < w->in_c; c += 8) {
                    const uint32_t n = w->in_c - c < 8 ? w->in_c - c : 8;
                    int16_t sums[8];
                    sum_window(window + c, rows.count, columns.count, row_bytes, w->in_c, n, sums);
                    for (uint32_t i = 0; i < n; i++) {
                        const int32_t half = sums[i] > 0 ? count / 2 : -(count / 2);
                        out[c + i] = (int8_t)linnet_clamp((sums[i] + half) / count, params->requant.act_min, params->requant.act_max);
                    }
                }
            }
        }
    }
}

const linnet_kernel_t linnet_average_pool_2d_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, NULL, run };

#endif
