// Pieces that layers of int16 share: checks, windows, and the inner loop of convolutions and dense layers.

#include "linnet_int16.h"

int linnet_finish_ok(const linnet_finish_t *finish) {
    return finish->sums <= LINNET_SUMS_DOUBLE && finish->act_min <= finish->act_max;
}

int linnet_channels_int16_ok(const linnet_channels_int16_t *channels, uint32_t n) {
    const uint32_t sums = channels->finish.sums;
    const int32_t most = sums == LINNET_SUMS_DOUBLE ? INT32_MAX : INT16_MAX;
    const int32_t left = sums == LINNET_SUMS_SHORT ? -2 : sums == LINNET_SUMS_LONG ? 7 : 30;
    for (uint32_t i = 0; i < n; i++) {
        if (channels->multiplier[i] < 0 || channels->multiplier[i] > most || channels->shift[i] < -31
            || channels->shift[i] > left) {
            return 0;
        }
    }
    return 1;
}

int linnet_window_fits_int16(const linnet_window_t *w, const linnet_call_t *call) {
    uint64_t in = (uint64_t)w->batches * w->in_h * w->in_w * w->in_c;
    uint64_t out = (uint64_t)w->batches * w->out_h * w->out_w * w->out_c;
    return linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT16, in)
           && linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT16, out);
}

void linnet_patch_int16(const linnet_window_t *window, const int16_t *image, uint32_t out_y, uint32_t out_x, int16_t *patch) {
    linnet_window_t bytes = *window;
    bytes.in_c = (uint16_t)(2 * window->in_c);
    linnet_patch(&bytes, (const int8_t *)image, out_y, out_x, 0, (int8_t *)patch);
}

linnet_taps_t linnet_taps_int16(const linnet_window_t *w, const int16_t *image, uint32_t out_y, uint32_t out_x,
    int16_t *patch) {
    int32_t top = (int32_t)(out_y * w->stride_h) - w->pad_top;
    int32_t left = (int32_t)(out_x * w->stride_w) - w->pad_left;
    if (top >= 0 && left >= 0 && top + (w->kernel_h - 1) * w->dilation_h < w->in_h
        && left + (w->kernel_w - 1) * w->dilation_w < w->in_w) {
        linnet_taps_t taps = { image + ((uint32_t)top * w->in_w + (uint32_t)left) * w->in_c,
            (uint32_t)w->dilation_h * w->in_w * w->in_c, (uint32_t)w->dilation_w * w->in_c };
        return taps;
    }
    linnet_patch_int16(w, image, out_y, out_x, patch);
    linnet_taps_t taps = { patch, (uint32_t)w->kernel_w * w->in_c, w->in_c };
    return taps;
}

void linnet_matvec_int16(const int16_t *x, uint32_t n, const int8_t *weights, const linnet_channels_int16_t *channels,
    uint32_t out_n, int16_t *y) {
    // Long sums are taken in runs that fit 32 bits; the others wrap, or are proved to fit.
    const uint32_t run = channels->finish.sums == LINNET_SUMS_LONG && n > LINNET_MAX_TAPS ? LINNET_MAX_TAPS : n;
    uint32_t o = 0;
    // Two outputs at a time share each load of x; more would not fit the eight low registers of a Cortex-M0+.
    for (; o + 1 < out_n; o += 2, weights += 2 * n) {
        int64_t sum0 = 0, sum1 = 0;
        for (uint32_t begin = 0; begin < n;) {
            const uint32_t end = n - begin > run ? begin + run : n;
            const int8_t *w0 = weights;
            const int8_t *w1 = weights + n;
            uint32_t acc0 = 0, acc1 = 0;
            for (uint32_t i = begin; i < end; i++) {
                int32_t xi = x[i];
                acc0 += (uint32_t)(xi * w0[i]);
                acc1 += (uint32_t)(xi * w1[i]);
            }
            sum0 += (int32_t)acc0;
            sum1 += (int32_t)acc1;
            begin = end;
        }
        y[o] = linnet_finish_int16(sum0, o, channels);
        y[o + 1] = linnet_finish_int16(sum1, o + 1, channels);
    }
    if (o < out_n) {
        int64_t sum = 0;
        for (uint32_t begin = 0; begin < n;) {
            const uint32_t end = n - begin > run ? begin + run : n;
            uint32_t acc = 0;
            for (uint32_t i = begin; i < end; i++) {
                acc += (uint32_t)(x[i] * weights[i]);
            }
            sum += (int32_t)acc;
            begin = end;
        }
        y[o] = linnet_finish_int16(sum, o, channels);
    }
}
