// DEPTHWISE_CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, in_c * multiplier).
// TFLite's reference_integer_ops/depthwise_conv.h; output channel o reads input channel o / multiplier.

#include "linnet_kernel.h"
#include "linnet_requant.h"

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

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_requant_t *requant = &params->requant;
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_bytes(w->out_c);
    const int8_t fill = (int8_t)requant->input_zero_point;
    const uint32_t multiplier = (uint32_t)w->out_c / w->in_c;
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
                for (uint32_t o = 0; o < w->out_c; o++) {
                    const int8_t *in = window + (multiplier == 1 ? o : o / multiplier);
                    const int8_t *weight = weights + o;
                    uint32_t acc = (uint32_t)channels.bias[o];
                    for (uint32_t ky = 0; ky < w->kernel_h; ky++) {
                        for (uint32_t kx = 0; kx < w->kernel_w; kx++, weight += w->out_c) {
                            acc += (uint32_t)(in[kx * tap_stride] * *weight);
                        }
                        in += row_stride;
                    }
                    int32_t value = linnet_requant((int32_t)acc, channels.multiplier[o], channels.shift[o]);
                    value = linnet_wrapping_add(value, requant->output_zero_point);
                    out[o] = (int8_t)linnet_clamp(value, requant->act_min, requant->act_max);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };
