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

// What is averaged over a window: rows and columns of it `row_bytes` and `pixel_bytes` apart.
typedef struct {
    uint32_t n_rows, n_columns;
    uint32_t row_bytes, pixel_bytes;
    const linnet_requant_t *requant;
} window_t;

#if LINNET_IS(HELIUM)

// x / count for x < 2^16, count <= 2^8, as x * reciprocal / 2^32: the reciprocal is too great by less than count / 2^32 / x.
static inline uint32x4_t divide(uint32x4_t x, uint32_t count) {
    return count == 1 ? x : vmulhq_u32(x, vdupq_n_u32(0xffffffffu / count + 1));
}

// n <= 8 channels of a window to out.
static void average(const int8_t *in, const window_t *w, uint32_t n, int8_t *out) {
    const mve_pred16_t lanes = vctp16q(n);
    const uint32_t count = w->n_rows * w->n_columns;
    int16x8_t total = vdupq_n_s16(0);
    for (uint32_t y = w->n_rows; y > 0; y--, in += w->row_bytes) {
        const int8_t *pixel = in;
        for (uint32_t x = w->n_columns; x > 0; x--, pixel += w->pixel_bytes) {
            total = vaddq_s16(total, vldrbq_z_s16(pixel, lanes));
        }
    }
    // -32768 is its own absolute value, rightly so without a sign.
    const uint16x8_t size = vaddq_n_u16(vreinterpretq_u16_s16(vabsq_s16(total)), (uint16_t)(count / 2));
    uint16x8_t quotient = vmovnbq_u32(size, divide(vmovlbq_u16(size), count));
    quotient = vmovntq_u32(quotient, divide(vmovltq_u16(size), count));
    int16x8_t y = vreinterpretq_s16_u16(quotient);
    y = vpselq_s16(vnegq_s16(y), y, vcmpltq_n_s16(total, 0));
    y = vminq_s16(vmaxq_s16(y, vdupq_n_s16(w->requant->act_min)), vdupq_n_s16(w->requant->act_max));
    vstrbq_p_s16(out, y, lanes);
}

#else

static void average(const int8_t *in, const window_t *w, uint32_t n, int8_t *out) {
    const int32_t count = (int32_t)(w->n_rows * w->n_columns);
    for (uint32_t c = 0; c < n; c++) {
        int32_t total = 0;
        for (uint32_t y = 0; y < w->n_rows; y++) {
            for (uint32_t x = 0; x < w->n_columns; x++) {
                total += in[y * w->row_bytes + x * w->pixel_bytes + c];
            }
        }
        const int32_t half = total > 0 ? count / 2 : -(count / 2);
        out[c] = (int8_t)linnet_clamp((total + half) / count, w->requant->act_min, w->requant->act_max);
    }
}

#endif

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
                const int8_t *in = image + rows.first * row_bytes + columns.first * w->in_c;
                const window_t window = { rows.count, columns.count, row_bytes, w->in_c, &params->requant };
                for (uint32_t c = 0; c < w->in_c; c += 8) {
                    average(in + c, &window, w->in_c - c < 8 ? w->in_c - c : 8u, out + c);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_average_pool_2d_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, NULL, run };

#endif
