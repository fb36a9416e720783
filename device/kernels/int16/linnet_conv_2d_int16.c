// CONV_2D: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), int8 weights.
// TFLite's reference_integer_ops/conv.h; zero points are 0, so padding reads as 0.

#include "linnet_int16.h"

// A 1x1 window without padding is already contiguous in the input.
static int is_pointwise(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->pad_top == 0 && w->pad_left == 0
           && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
}

static uint32_t patch_taps(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_finish_ok(&params->finish)
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_int16(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    uint64_t weights_bytes = (uint64_t)w->out_c * patch_taps(w);
    if (call->operator->data_bytes != linnet_channels_int16_bytes(params->finish.sums, w->out_c) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, w->out_c);
    return linnet_channels_int16_ok(&channels, w->out_c) ? LINNET_OK : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_int16_params_t *)params)->window;
    return is_pointwise(w) ? 0 : 2 * patch_taps(w);
}

static void run(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, w->out_c);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_int16_bytes(params->finish.sums, w->out_c);
    const int pointwise = is_pointwise(w);
    const uint32_t n = patch_taps(w);
    const int16_t *image = linnet_input(call, 0);              // (in_h, in_w, in_c)
    int16_t *patch = (int16_t *)(void *)call->scratch;         // (kernel_h, kernel_w, in_c)
    int16_t *out = linnet_output(call, 0);                     // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                const int16_t *in = image + (y * w->stride_h * w->in_w + x * w->stride_w) * w->in_c;
                if (!pointwise) {
                    linnet_patch_int16(w, image, y, x, patch);
                    in = patch;
                }
                linnet_matvec_int16(in, n, weights, &channels, w->out_c, out);
            }
        }
    }
}

const linnet_kernel_t linnet_conv_2d_int16_kernel
    = { 1, 1, sizeof(linnet_window_int16_params_t), check, scratch, run };
