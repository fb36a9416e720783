// GROUPED_CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), both kinds of channels in groups, of
// which each sees its own alone. TFLite's reference_integer_ops/conv.h with filters of fewer channels than the input.

#include <string.h>

#include "../linnet_kernel.h"

typedef struct {
    linnet_window_t window;
    linnet_requant_t requant;
    uint32_t groups;
} linnet_grouped_conv_2d_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_grouped_conv_2d_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // A patch of at most 2^24 bytes keeps every product of sizes within 32 bits.
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || !params->groups || w->in_c % params->groups != 0
        || w->out_c % params->groups != 0 || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * (w->in_c / params->groups) * w->out_c;
    if (call->operator->data_bytes != linnet_channels_bytes(w->out_c) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    return linnet_channels_ok(&channels, w->out_c) ? LINNET_OK : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_grouped_conv_2d_params_t *)params)->window;
    return (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
}

// Copies the window of an output pixel to patch (groups, kernel_h, kernel_w, depth); in_c = groups * depth.
static void gather(const linnet_grouped_conv_2d_params_t *params, const int8_t *image, uint32_t out_y, uint32_t out_x,
    int8_t *patch) {
    const linnet_window_t *w = &params->window;
    const uint32_t depth = w->in_c / params->groups;
    const uint32_t n = (uint32_t)w->kernel_h * w->kernel_w * depth;
    int32_t y = (int32_t)(out_y * w->stride_h) - w->pad_top;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, y += w->dilation_h) {
        int32_t x = (int32_t)(out_x * w->stride_w) - w->pad_left;
        for (uint32_t kx = 0; kx < w->kernel_w; kx++, x += w->dilation_w, patch += depth) {
            const int inside = y >= 0 && y < w->in_h && x >= 0 && x < w->in_w;
            const int8_t *in = inside ? image + ((uint32_t)y * w->in_w + (uint32_t)x) * w->in_c : NULL;
            int8_t *target = patch;
            for (uint32_t g = params->groups; g > 0; g--, target += n) {
                if (inside) {
                    memmove(target, in, depth);
                    in += depth;
                } else {
                    memset(target, params->requant.input_zero_point, depth);
                }
            }
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_grouped_conv_2d_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_t channels = linnet_channels(call->data, w->out_c);
    const uint32_t n = (uint32_t)w->kernel_h * w->kernel_w * (w->in_c / params->groups);
    const uint32_t filters = w->out_c / params->groups;  // of a group
    const int8_t *image = linnet_input(call, 0);         // (in_h, in_w, in_c)
    int8_t *patch = (int8_t *)call->scratch;
    int8_t *out = linnet_output(call, 0);                // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                const int8_t *in = patch;
                const int8_t *weights = (const int8_t *)call->data + linnet_channels_bytes(w->out_c);
                gather(params, image, y, x, patch);
                for (uint32_t o = 0; o < w->out_c; o += filters, in += n, weights += filters * n) {
                    const linnet_channels_t of_group = { channels.bias + o, channels.multiplier + o, channels.shift + o };
                    linnet_matvec(in, n, weights, &of_group, &params->requant, filters, out + o);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_grouped_conv_2d_kernel = { 1, 1, sizeof(linnet_grouped_conv_2d_params_t), check, scratch, run };
