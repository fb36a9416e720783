// TRANSPOSE_CONV: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), int8 weights. TFLite's
// reference_integer_ops/transpose_conv.h turned round, by phases, as int8's: each output pixel gathers what would be scattered
// onto it.

#include <string.h>

#include "linnet_int16.h"

// Taps of a phase along one axis.
static uint32_t n_taps(uint32_t kernel, uint32_t stride, uint32_t phase) {
    return kernel / stride + (phase < kernel % stride);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // A window of at most 2^24 values keeps every product of sizes within 32 bits.
    if (!linnet_window_ok(w) || !linnet_finish_ok(&params->finish) || w->dilation_h != 1 || w->dilation_w != 1
        || w->pad_top >= w->kernel_h || w->pad_left >= w->kernel_w || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_int16(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t n = (uint32_t)w->stride_h * w->stride_w * w->out_c;
    const uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * w->in_c * w->out_c;
    if (call->operator->data_bytes != linnet_channels_int16_bytes(params->finish.sums, n) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    const linnet_channels_int16_t channels = linnet_channels_int16(call->data, &params->finish, n);
    return linnet_channels_int16_ok(&channels, n) ? LINNET_OK : LINNET_ERR_DATA;
}

// The window of a pixel.
static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_int16_params_t *)params)->window;
    return n_taps(w->kernel_h, w->stride_h, 0) * n_taps(w->kernel_w, w->stride_w, 0) * w->in_c * 2;
}

// Copies `columns` pixels of each of `rows` rows to patch, from row `bottom` upwards, columns from `left` on; zeros outside.
static void gather(const linnet_window_t *w, const int16_t *image, int32_t bottom, uint32_t rows, int32_t left,
    uint32_t columns, int16_t *patch) {
    for (uint32_t i = 0; i < rows; i++) {
        const int32_t y = bottom - (int32_t)i;
        for (uint32_t j = 0; j < columns; j++, patch += w->in_c) {
            const int32_t x = left + (int32_t)j;
            if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) {
                memset(patch, 0, w->in_c * sizeof(int16_t));
            } else {
                memmove(patch, image + ((uint32_t)y * w->in_w + (uint32_t)x) * w->in_c, w->in_c * sizeof(int16_t));
            }
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_int16_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const uint32_t n = (uint32_t)w->stride_h * w->stride_w * w->out_c;
    const linnet_channels_int16_t all = linnet_channels_int16(call->data, &params->finish, n);
    const int8_t *const first = (const int8_t *)call->data + linnet_channels_int16_bytes(params->finish.sums, n);
    const int16_t *image = linnet_input(call, 0);       // (in_h, in_w, in_c)
    int16_t *patch = (int16_t *)(void *)call->scratch;  // (taps of ky, taps of kx, in_c)
    int16_t *out = linnet_output(call, 0);              // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        const int8_t *row_weights = first;
        uint32_t row_phase = 0;
        int32_t bottom = 0;  // the row of the image that the first tap meets
        for (uint32_t y = 0; y < (uint32_t)w->out_h + w->pad_top; y++) {
            const uint32_t rows = n_taps(w->kernel_h, w->stride_h, row_phase);
            const int8_t *weights = row_weights;
            uint32_t phase = 0;
            int32_t right = 0;
            for (uint32_t x = 0; y >= w->pad_top && x < (uint32_t)w->out_w + w->pad_left; x++) {
                const uint32_t columns = n_taps(w->kernel_w, w->stride_w, phase), taps = rows * columns * w->in_c;
                if (x >= w->pad_left) {
                    gather(w, image, bottom, rows, right + 1 - (int32_t)columns, columns, patch);
                    linnet_channels_int16_t channels = all;
                    const uint32_t o = (row_phase * w->stride_w + phase) * w->out_c;
                    channels.bias += linnet_wide_bias(params->finish.sums) ? 2 * o : o;
                    channels.multiplier += o;
                    channels.shift += o;
                    linnet_matvec_int16(patch, taps, weights, &channels, w->out_c, out);
                    out += w->out_c;
                }
                weights += taps * w->out_c;
                if (++phase == w->stride_w) {
                    weights = row_weights;
                    phase = 0;
                    right++;
                }
            }
            row_weights += rows * w->kernel_w * w->in_c * w->out_c;
            if (++row_phase == w->stride_h) {
                row_weights = first;
                row_phase = 0;
                bottom++;
            }
        }
    }
}

const linnet_kernel_t linnet_transpose_conv_int16_kernel
    = { 1, 1, sizeof(linnet_window_int16_params_t), check, scratch, run };
