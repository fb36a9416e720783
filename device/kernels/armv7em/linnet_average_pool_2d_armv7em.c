// AVERAGE_POOL_2D tuned for the DSP extension: four channels at a time, their sums in 16-bit lanes.

#include "linnet_armv7em.h"
#include "../linnet_pool.h"
#include "../linnet_requant.h"

#if LINNET_HAS(ARMV7EM)

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_t *w = &((const linnet_window_params_t *)call->params)->window;
    // 256 taps of -128 just fit a lane.
    if (w->in_c % 4 != 0 || (uint32_t)w->kernel_h * w->kernel_w > 256) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_pool_check(call);
}

static int8_t average(uint32_t lane, int32_t count, const linnet_requant_t *requant) {
    const int32_t sum = (int16_t)lane;
    const int32_t y = (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
    return (int8_t)linnet_clamp(y, requant->act_min, requant->act_max);
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++, out += w->in_c) {
                linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const int32_t count = (int32_t)(rows.count * columns.count);
                const int8_t *window = image + (rows.first * w->in_w + columns.first) * w->in_c;
                for (uint32_t c = 0; c < w->in_c; c += 4) {
                    uint32_t even = 0;  // channels c, c + 2
                    uint32_t odd = 0;   // c + 1, c + 3
                    for (uint32_t ky = 0; ky < rows.count; ky++) {
                        const int8_t *in = window + ky * w->in_w * w->in_c + c;
                        for (uint32_t kx = columns.count; kx > 0; kx--, in += w->in_c) {
                            const uint32_t word = linnet_armv7em_load(in);
                            even = linnet_armv7em_add_lanes(even, word);
                            odd = linnet_armv7em_add_odd_lanes(odd, word);
                        }
                    }
                    out[c] = average(even, count, &params->requant);
                    out[c + 1] = average(odd, count, &params->requant);
                    out[c + 2] = average(even >> 16, count, &params->requant);
                    out[c + 3] = average(odd >> 16, count, &params->requant);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_average_pool_2d_armv7em_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, NULL, run };

#endif
