// DEPTHWISE_CONV_2D: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, in_c * multiplier), int8 weights.
// TFLite's reference_integer_ops/depthwise_conv.h; output channel o reads input channel o / multiplier.

#include <string.h>

#include "linnet_int16.h"

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_finish_ok(&params->finish) || w->out_c % w->in_c != 0
        || (uint32_t)w->kernel_h * w->kernel_w > LINNET_MAX_TAPS) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_int16(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * w->out_c;
    if (call->operator->data_bytes != linnet_channels_int16_bytes(params->finish.sums, w->out_c) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, w->out_c);
    return linnet_channels_int16_ok(&channels, w->out_c) ? LINNET_OK : LINNET_ERR_DATA;
}

// A pixel's sums (out_c): of so few taps they do not overflow.
static uint32_t scratch(const void *params) {
    return ((const linnet_window_int16_params_t *)params)->window.out_c * (uint32_t)sizeof(int32_t);
}

// sums (n * multiplier) += in (n), each `multiplier` times, by weights (n * multiplier).
static void add_tap(const int16_t *in, const int8_t *weights, uint32_t n, uint32_t multiplier, int32_t *sums) {
    if (multiplier == 1) {
        for (uint32_t i = 0; i < n; i++) {
            sums[i] += in[i] * weights[i];
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++, weights += multiplier, sums += multiplier) {
        const int32_t x = in[i];
        for (uint32_t m = 0; m < multiplier; m++) {
            sums[m] += x * weights[m];
        }
    }
}

// The same of two taps that lie next to each other, multiplier 1.
static void add_taps(const int16_t *in, uint32_t next, const int8_t *weights, uint32_t n, int32_t *sums) {
    const int16_t *in1 = in + next;
    const int8_t *weights1 = weights + n;
    for (uint32_t i = 0; i < n; i++) {
        sums[i] += in[i] * weights[i] + in1[i] * weights1[i];
    }
}

// Adds the taps of a window that lie inside the image.
static void add_window(const linnet_window_t *w, const int16_t *image, uint32_t out_y, uint32_t out_x, const int8_t *weights,
    int32_t *sums) {
    const uint32_t multiplier = (uint32_t)w->out_c / w->in_c, next = (uint32_t)w->dilation_w * w->in_c;
    const int32_t left = (int32_t)(out_x * w->stride_w) - w->pad_left;
    int32_t y = (int32_t)(out_y * w->stride_h) - w->pad_top;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, y += w->dilation_h, weights += (uint32_t)w->kernel_w * w->out_c) {
        if (y < 0 || y >= w->in_h) {
            continue;
        }
        const int16_t *row = image + (uint32_t)y * w->in_w * w->in_c;
        int32_t x = left;
        for (uint32_t kx = 0; kx < w->kernel_w; kx++, x += w->dilation_w) {
            if (x < 0 || x >= w->in_w) {
                continue;
            }
            const int16_t *in = row + (uint32_t)x * w->in_c;
            if (multiplier == 1 && kx + 1u < w->kernel_w && x + w->dilation_w < w->in_w) {
                add_taps(in, next, weights + kx * w->out_c, w->in_c, sums);
                kx++;
                x += w->dilation_w;
            } else {
                add_tap(in, weights + kx * w->out_c, w->in_c, multiplier, sums);
            }
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, w->out_c);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_int16_bytes(params->finish.sums, w->out_c);
    const int16_t *image = linnet_input(call, 0);         // (in_h, in_w, in_c)
    int32_t *sums = (int32_t *)(void *)call->scratch;   // (out_c)
    int16_t *out = linnet_output(call, 0);                // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                memset(sums, 0, w->out_c * sizeof(int32_t));
                add_window(w, image, y, x, weights, sums);
                linnet_finish_int16(sums, 0, w->out_c, &channels, out);
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_int16_kernel
    = { 1, 1, sizeof(linnet_window_int16_params_t), check, scratch, run };
