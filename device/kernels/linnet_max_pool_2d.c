// MAX_POOL_2D: int8 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c). TFLite's reference_integer_ops/pooling.h.

#include "linnet_kernel.h"
#include "linnet_pool.h"
#include "linnet_requant.h"

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++) {
                linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const int8_t *window = image + (rows.first * w->in_w + columns.first) * w->in_c;
                for (uint32_t c = 0; c < w->in_c; c++) {
                    int32_t max = -128;
                    for (uint32_t ky = 0; ky < rows.count; ky++) {
                        const int8_t *in = window + ky * w->in_w * w->in_c + c;
                        for (uint32_t kx = 0; kx < columns.count; kx++, in += w->in_c) {
                            max = *in > max ? *in : max;
                        }
                    }
                    *out++ = (int8_t)linnet_clamp(max, params->requant.act_min, params->requant.act_max);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_max_pool_2d_kernel = { 1, 1, sizeof(linnet_window_params_t), linnet_pool_check, NULL, run };
