// DEPTHWISE_CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, in_c * multiplier).
// TFLite's reference_integer_ops/depthwise_conv.h; output channel o reads input channel o / multiplier.

#include "linnet_kernel.h"

static uint32_t patch_bytes(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->out_c % w->in_c != 0
        || (uint64_t)w->kernel_h * w->kernel_w * w->out_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * w->out_c;
    if (call->operator->data_bytes != linnet_channels_bytes(w->out_c) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    return linnet_channels_ok(&channels, w->out_c) ? LINNET_OK : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    return patch_bytes(&((const linnet_window_params_t *)params)->window);
}

static int is_inside(const linnet_window_t *w, uint32_t out_y, uint32_t out_x) {
    int32_t top = (int32_t)(out_y * w->stride_h) - w->pad_top;
    int32_t left = (int32_t)(out_x * w->stride_w) - w->pad_left;
    return top >= 0 && left >= 0 && top + (w->kernel_h - 1) * w->dilation_h < w->in_h
           && left + (w->kernel_w - 1) * w->dilation_w < w->in_w;
}

// All channels of an output pixel, two at a time; where they are odd, the last but one is worked out twice.
static void run_pixel(const linnet_window_params_t *params, const linnet_channels_t *channels, const int8_t *weights,
    const int8_t *window, uint32_t tap_stride, uint32_t row_stride, int8_t *out) {
    const linnet_window_t *w = &params->window;
    const uint32_t out_c = w->out_c, multiplier = out_c / w->in_c;
    const uint32_t odd = out_c > 1;  // from the even channel of a pair to the odd one
    const int32_t to_next_row = (int32_t)(row_stride - w->kernel_w * tap_stride);
    for (uint32_t o = 0; o < out_c; o += 2) {
        if (o + 1 == out_c) {
            o -= odd;
        }
        const int8_t *in = window + (multiplier == 1 ? o : o / multiplier);
        const int8_t *in_odd = window + (multiplier == 1 ? o + odd : (o + odd) / multiplier);
        const int8_t *weight = weights + o;
        const uint32_t ahead = (uint32_t)(in_odd - in);
        uint32_t acc = (uint32_t)channels->bias[o];
        uint32_t acc_odd = (uint32_t)channels->bias[o + odd];
        for (uint32_t ky = w->kernel_h; ky > 0; ky--, in += to_next_row) {
            for (uint32_t kx = w->kernel_w; kx > 0; kx--, in += tap_stride, weight += out_c) {
                acc += (uint32_t)(in[0] * weight[0]);
                acc_odd += (uint32_t)(in[ahead] * weight[odd]);
            }
        }
        out[o] = linnet_finish(acc, o, channels, &params->requant);
        out[o + odd] = linnet_finish(acc_odd, o + odd, channels, &params->requant);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_bytes(w->out_c);
    const int8_t fill = (int8_t)params->requant.input_zero_point;
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    int8_t *patch = (int8_t *)call->scratch;      // (kernel_h, kernel_w, in_c)
    int8_t *out = linnet_output(call, 0);         // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                // Windows at the border are copied with their padding; all others are read where they lie.
                const int8_t *window = patch;
                uint32_t tap_stride = w->in_c;
                uint32_t row_stride = tap_stride * w->kernel_w;
                if (is_inside(w, y, x)) {
                    uint32_t top = y * w->stride_h - w->pad_top;
                    uint32_t left = x * w->stride_w - w->pad_left;
                    window = image + (top * w->in_w + left) * w->in_c;
                    tap_stride = (uint32_t)w->dilation_w * w->in_c;
                    row_stride = (uint32_t)w->dilation_h * w->in_w * w->in_c;
                } else {
                    linnet_patch(w, image, y, x, fill, patch);
                }
                run_pixel(params, &channels, weights, window, tap_stride, row_stride, out);
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };
