// TRANSPOSE_CONV: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), TFLite's
// reference_integer_ops/transpose_conv.h turned round: each output pixel gathers what would be scattered onto it.
//
// The taps that meet an output pixel depend on (y + pad_top) % stride_h and (x + pad_left) % stride_w alone, its phase. Each
// phase is a small convolution of its own: its biases, its weights (out_c, taps of ky, taps of kx, in_c).

#include <string.h>

#include "../linnet_kernel.h"

static uint32_t n_phases(const linnet_window_t *w) {
    return (uint32_t)w->stride_h * w->stride_w;
}

// Taps of a phase along one axis.
static uint32_t n_taps(uint32_t kernel, uint32_t stride, uint32_t phase) {
    return kernel / stride + (phase < kernel % stride);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // A window of at most 2^24 bytes keeps every product of sizes within 32 bits.
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->dilation_h != 1 || w->dilation_w != 1
        || w->pad_top >= w->kernel_h || w->pad_left >= w->kernel_w || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t n = n_phases(w) * w->out_c;
    const uint64_t weights_bytes = (uint64_t)w->kernel_h * w->kernel_w * w->in_c * w->out_c;
    if (call->operator->data_bytes != linnet_channels_bytes(n) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    const linnet_channels_t channels = linnet_channels(call->data, n);
    return linnet_channels_ok(&channels, n) ? LINNET_OK : LINNET_ERR_DATA;
}

// The window of a pixel.
static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    return n_taps(w->kernel_h, w->stride_h, 0) * n_taps(w->kernel_w, w->stride_w, 0) * w->in_c;
}

// Copies `n` pixels of a row of the image from in_x on, those outside being `fill`; row is NULL outside the image.
static void gather(const linnet_window_t *w, const int8_t *row, int32_t in_x, uint32_t n, int8_t fill, int8_t *target) {
    const uint32_t c = w->in_c;
    const int32_t first = in_x < 0 ? 0 : in_x;
    const int32_t end = in_x + (int32_t)n < w->in_w ? in_x + (int32_t)n : w->in_w;
    if (row == NULL || first >= end) {
        memset(target, fill, n * c);
        return;
    }
    const uint32_t before = (uint32_t)(first - in_x) * c, inside = (uint32_t)(end - first) * c;
    memset(target, fill, before);
    memmove(target + before, row + (uint32_t)first * c, inside);
    memset(target + before + inside, fill, n * c - before - inside);
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const uint32_t n = n_phases(w) * w->out_c, row_bytes = (uint32_t)w->in_w * w->in_c;
    const linnet_channels_t all = linnet_channels(call->data, n);
    const int8_t fill = (int8_t)params->requant.input_zero_point;
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    int8_t *patch = (int8_t *)call->scratch;      // (taps of ky, taps of kx, in_c)
    int8_t *out = linnet_output(call, 0);         // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row_bytes) {
        const int8_t *row_weights = (const int8_t *)call->data + linnet_channels_bytes(n);
        uint32_t row_phase = 0;
        int32_t bottom = 0;  // the row of the image that the first tap meets
        for (uint32_t y = 0; y < (uint32_t)w->out_h + w->pad_top; y++) {
            const uint32_t rows = n_taps(w->kernel_h, w->stride_h, row_phase);
            const int8_t *weights = row_weights;
            uint32_t phase = 0;
            int32_t right = 0;
            for (uint32_t x = 0; y >= w->pad_top && x < (uint32_t)w->out_w + w->pad_left; x++) {
                const uint32_t columns = n_taps(w->kernel_w, w->stride_w, phase);
                if (x >= w->pad_left) {
                    const int32_t left = right + 1 - (int32_t)columns;
                    const int8_t *in = patch;
                    if (rows == 1 && bottom < w->in_h && left >= 0 && right < w->in_w) {
                        in = image + (uint32_t)bottom * row_bytes + (uint32_t)left * w->in_c;
                    } else {
                        int8_t *target = patch;
                        for (uint32_t i = 0; i < rows; i++, target += columns * w->in_c) {
                            const int32_t in_y = bottom - (int32_t)i;
                            const int inside = in_y >= 0 && in_y < w->in_h;
                            gather(w, inside ? image + (uint32_t)in_y * row_bytes : NULL, left, columns, fill, target);
                        }
                    }
                    const uint32_t first = (row_phase * w->stride_w + phase) * w->out_c;
                    const linnet_channels_t channels = { all.bias + first, all.multiplier + first, all.shift + first };
                    linnet_matvec(in, rows * columns * w->in_c, weights, &channels, &params->requant, w->out_c, out);
                    out += w->out_c;
                }
                weights += rows * columns * w->in_c * w->out_c;
                if (++phase == w->stride_w) {
                    weights = row_weights;
                    phase = 0;
                    right++;
                }
            }
            row_weights += rows * w->kernel_w * w->in_c * w->out_c;
            if (++row_phase == w->stride_h) {
                row_weights = (const int8_t *)call->data + linnet_channels_bytes(n);
                row_phase = 0;
                bottom++;
            }
        }
    }
}

const linnet_kernel_t linnet_transpose_conv_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };
