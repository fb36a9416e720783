// DEPTHWISE_CONV_2D with any window, tuned for Helium: eight channels of one pixel at a time, tap by tap. Its data are the
// portable kernel's.

#include "linnet_helium.h"
#include "../linnet_requant.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c
        || (uint64_t)w->kernel_h * w->kernel_w * w->out_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * w->out_c;
    if (call->operator->data_bytes != linnet_channels_bytes(w->out_c) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    return linnet_channels_ok(&channels, w->out_c) ? LINNET_OK : LINNET_ERR_DATA;
}

// Up to eight channels.
typedef struct {
    uint32_t n;
    const int32_t *bias, *multiplier;
    const int8_t *shift;
    const linnet_requant_t *requant;
#if LINNET_IS(HELIUM)
    int32x4_t even, odd;  // sums of channels 0 2 4 6, 1 3 5 7
#else
    uint32_t sums[8];
#endif
} sums_t;

// Adds n taps.
static inline void add_taps(sums_t *s, const int8_t *x, uint32_t x_step, const int8_t *weights, uint32_t weights_step, uint32_t n) {
#if LINNET_IS(HELIUM)
    const mve_pred16_t lanes = vctp16q(s->n);
    for (; n > 0; n--, x += x_step, weights += weights_step) {
        const int16x8_t x8 = vldrbq_z_s16(x, lanes);
        const int16x8_t w8 = vldrbq_z_s16(weights, lanes);
        s->even = vaddq_s32(s->even, vmullbq_int_s16(x8, w8));
        s->odd = vaddq_s32(s->odd, vmulltq_int_s16(x8, w8));
    }
#else
    for (; n > 0; n--, x += x_step, weights += weights_step) {
        for (uint32_t c = 0; c < s->n; c++) {
            s->sums[c] += (uint32_t)(x[c] * weights[c]);
        }
    }
#endif
}

#if LINNET_IS(HELIUM)

// Sums of every other channel from `first` on, requantized, with the zero point.
static inline int32x4_t finish_half(const sums_t *s, int32x4_t sums, uint32_t first) {
    const uint32x4_t at = vidupq_n_u32(first, 2);
    const mve_pred16_t lanes = vctp32q((s->n + 1 - first) / 2);
    const int32x4_t shift = vldrbq_gather_offset_z_s32(s->shift, at, lanes);
    const int32x4_t right = vminq_s32(shift, vdupq_n_s32(0));
    int32x4_t y = vaddq_s32(sums, vldrwq_gather_shifted_offset_z_s32(s->bias, at, lanes));
    y = vqrdmulhq_s32(vshlq_s32(y, vmaxq_s32(shift, vdupq_n_s32(0))),
        vldrwq_gather_shifted_offset_z_s32(s->multiplier, at, lanes));
    // Ties go away from zero: less one below zero, unless nothing is shifted out.
    y = vrshlq_s32(vaddq_s32(y, vshrq_n_s32(vandq_s32(y, right), 31)), right);
    return vaddq_n_s32(y, s->requant->output_zero_point);
}

static void finish(const sums_t *s, int8_t *out) {
    int16x8_t y = vqmovnbq_s32(vdupq_n_s16(0), finish_half(s, s->even, 0));
    y = vqmovntq_s32(y, finish_half(s, s->odd, 1));
    y = vminq_s16(vmaxq_s16(y, vdupq_n_s16(s->requant->act_min)), vdupq_n_s16(s->requant->act_max));
    vstrbq_p_s16(out, y, vctp16q(s->n));
}

#else

static void finish(const sums_t *s, int8_t *out) {
    for (uint32_t c = 0; c < s->n; c++) {
        const int32_t acc = linnet_wrapping_add((int32_t)s->sums[c], s->bias[c]);
        const int32_t y = linnet_wrapping_add(linnet_requant(acc, s->multiplier[c], s->shift[c]), s->requant->output_zero_point);
        out[c] = (int8_t)linnet_clamp(y, s->requant->act_min, s->requant->act_max);
    }
}

#endif

// Taps from `start` on, `dilation` apart, that come before the input, and then those that lie in it.
static void split(int32_t start, uint32_t dilation, uint32_t kernel, uint32_t size, uint32_t *before, uint32_t *inside) {
    const uint32_t skipped = start >= 0 ? 0 : ((uint32_t)-start + dilation - 1) / dilation;
    const uint32_t first = start >= 0 ? (uint32_t)start : skipped * dilation - (uint32_t)-start;
    const uint32_t fitting = first >= size ? 0 : (size - first + dilation - 1) / dilation;
    *before = skipped < kernel ? skipped : kernel;
    *inside = fitting < kernel - *before ? fitting : kernel - *before;
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    const int8_t *all_weights = (const int8_t *)call->data + linnet_channels_bytes(w->out_c);
    const uint32_t n_channels = w->in_c;
    const uint32_t row_bytes = (uint32_t)w->in_w * n_channels;
    const uint32_t tap_bytes = w->dilation_w * n_channels;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    int8_t fill[8];
    for (uint32_t i = 0; i < 8; i++) {
        fill[i] = (int8_t)params->requant.input_zero_point;
    }
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row_bytes) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += n_channels) {
                const int32_t top = (int32_t)(y * w->stride_h) - w->pad_top;
                const int32_t left = (int32_t)(x * w->stride_w) - w->pad_left;
                uint32_t above, rows, before, columns;
                split(top, w->dilation_h, w->kernel_h, w->in_h, &above, &rows);
                split(left, w->dilation_w, w->kernel_w, w->in_w, &before, &columns);
                const uint32_t after = w->kernel_w - before - columns;
                const uint32_t below = w->kernel_h - above - rows;
                const uint32_t first_row = rows == 0 ? 0 : (uint32_t)(top + (int32_t)(above * w->dilation_h));
                const uint32_t first_column = columns == 0 ? 0 : (uint32_t)(left + (int32_t)(before * w->dilation_w));
                const int8_t *window = image + first_row * row_bytes + first_column * n_channels;
                for (uint32_t c = 0; c < n_channels; c += 8) {
                    sums_t s = { .n = n_channels - c < 8 ? n_channels - c : 8, .bias = channels.bias + c,
                        .multiplier = channels.multiplier + c, .shift = channels.shift + c, .requant = &params->requant };
                    const int8_t *weights = all_weights + c;
                    const int8_t *in = window + c;
                    add_taps(&s, fill, 0, weights, n_channels, above * w->kernel_w);
                    weights += above * w->kernel_w * n_channels;
                    for (uint32_t ky = 0; ky < rows; ky++, in += w->dilation_h * row_bytes) {
                        add_taps(&s, fill, 0, weights, n_channels, before);
                        weights += before * n_channels;
                        add_taps(&s, in, tap_bytes, weights, n_channels, columns);
                        weights += columns * n_channels;
                        add_taps(&s, fill, 0, weights, n_channels, after);
                        weights += after * n_channels;
                    }
                    add_taps(&s, fill, 0, weights, n_channels, below * w->kernel_w);
                    finish(&s, out + c);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_taps_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, NULL, run };

#endif
