// DEPTHWISE_CONV_2D: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, in_c * multiplier), int8 weights.
// TFLite's reference_integer_ops/depthwise_conv.h; output channel o reads input channel o / multiplier.

#include "linnet_int16.h"

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_finish_ok(&params->finish) || w->out_c % w->in_c != 0 || w->in_c > INT16_MAX
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

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_int16_params_t *)params)->window;
    return (uint32_t)w->kernel_h * w->kernel_w * w->in_c * 2;
}

static void run(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, w->out_c);
    const int8_t *weights = (const int8_t *)call->data + linnet_channels_int16_bytes(params->finish.sums, w->out_c);
    const uint32_t multiplier = (uint32_t)w->out_c / w->in_c;
    const int16_t *image = linnet_input(call, 0);       // (in_h, in_w, in_c)
    int16_t *patch = (int16_t *)(void *)call->scratch;  // (kernel_h, kernel_w, in_c)
    int16_t *out = linnet_output(call, 0);              // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                const linnet_taps_t taps = linnet_taps_int16(w, image, y, x, patch);
                const int16_t *channel = taps.first;
                uint32_t more = multiplier;  // outputs of this channel to come
                for (uint32_t o = 0; o < w->out_c; o++) {
                    const int16_t *row = channel;
                    const int8_t *weight = weights + o;
                    uint32_t acc = 0;
                    for (uint32_t ky = 0; ky < w->kernel_h; ky++, row += taps.row) {
                        const int16_t *in = row;
                        for (uint32_t kx = w->kernel_w; kx > 0; kx--, in += taps.column, weight += w->out_c) {
                            acc += (uint32_t)(*in * *weight);
                        }
                    }
                    out[o] = linnet_finish_int16((int32_t)acc, o, &channels);
                    if (--more == 0) {
                        more = multiplier;
                        channel++;
                    }
                }
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_int16_kernel
    = { 1, 1, sizeof(linnet_window_int16_params_t), check, scratch, run };
