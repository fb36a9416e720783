// Pieces that layers of int16 share: checks, windows, and the inner loop of convolutions and dense layers.

#include <string.h>

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

// One row of a window: `n` pixels of a row of the image from column `left` on; row is NULL outside the image.
static void gather(const linnet_window_t *w, const int16_t *row, int32_t left, int16_t *patch) {
    const uint32_t c = w->in_c, n = w->kernel_w;
    if (row == NULL) {
        memset(patch, 0, n * c * sizeof(int16_t));
        return;
    }
    if (w->dilation_w == 1 && left >= 0 && left + (int32_t)n <= w->in_w) {
        memmove(patch, row + (uint32_t)left * c, n * c * sizeof(int16_t));
        return;
    }
    for (uint32_t i = 0; i < n; i++, patch += c, left += w->dilation_w) {
        if (left >= 0 && left < w->in_w) {
            memmove(patch, row + (uint32_t)left * c, c * sizeof(int16_t));
        } else {
            memset(patch, 0, c * sizeof(int16_t));
        }
    }
}

void linnet_patch_int16(const linnet_window_t *w, const int16_t *image, uint32_t out_y, uint32_t out_x, int16_t *patch) {
    int32_t y = (int32_t)(out_y * w->stride_h) - w->pad_top;
    const int32_t left = (int32_t)(out_x * w->stride_w) - w->pad_left;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, y += w->dilation_h, patch += (uint32_t)w->kernel_w * w->in_c) {
        gather(w, y >= 0 && y < w->in_h ? image + (uint32_t)y * w->in_w * w->in_c : NULL, left, patch);
    }
}

// Of one channel whose products add up beyond 32 bits.
static int16_t finish_long(int64_t sum, uint32_t o, const linnet_channels_int16_t *channels) {
    const uint64_t bias = (uint64_t)channels->bias[2 * o + 1] << 32 | channels->bias[2 * o];
    const int32_t y = linnet_requant_long((int64_t)((uint64_t)sum + bias), channels->multiplier[o], channels->shift[o]);
    return (int16_t)linnet_clamp(y, channels->finish.act_min, channels->finish.act_max);
}

void linnet_finish_int16(const int32_t *sums, uint32_t first, uint32_t n, const linnet_channels_int16_t *channels, int16_t *y) {
    if (channels->finish.sums == LINNET_SUMS_LONG) {
        for (uint32_t i = 0; i < n; i++) {
            y[i] = finish_long(sums[i], first + i, channels);
        }
        return;
    }
    const uint32_t *bias = channels->bias + first;
    const int32_t *multiplier = channels->multiplier + first;
    const int8_t *shift = channels->shift + first;
    const int32_t low = channels->finish.act_min, high = channels->finish.act_max;
    if (channels->finish.sums == LINNET_SUMS_SHORT) {
        for (uint32_t i = 0; i < n; i++) {
            const int32_t acc = (int32_t)((uint32_t)sums[i] + bias[i]);
            y[i] = (int16_t)linnet_clamp(linnet_requant_short(acc, multiplier[i], shift[i]), low, high);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const int32_t acc = (int32_t)((uint32_t)sums[i] + bias[i]);
        y[i] = (int16_t)linnet_clamp(linnet_requant(acc, multiplier[i], shift[i]), low, high);
    }
}

// sums[o] = sum over i of x[i] * weights[o * stride + i], modulo 2^32; x (n), out_n of them.
static void dots(const int16_t *x, uint32_t n, const int8_t *weights, uint32_t stride, uint32_t out_n, int32_t *sums) {
    uint32_t o = 0;
    // Two at a time share each load of x; more would not fit the eight low registers of a Cortex-M0+.
    for (; o + 1 < out_n; o += 2, weights += 2 * stride) {
        const int8_t *w0 = weights;
        const int8_t *w1 = weights + stride;
        uint32_t acc0 = 0, acc1 = 0, i = 0;
        for (; i + 1 < n; i += 2) {
            const int32_t a = x[i], b = x[i + 1];
            acc0 += (uint32_t)(a * w0[i]) + (uint32_t)(b * w0[i + 1]);
            acc1 += (uint32_t)(a * w1[i]) + (uint32_t)(b * w1[i + 1]);
        }
        if (i < n) {
            acc0 += (uint32_t)(x[i] * w0[i]);
            acc1 += (uint32_t)(x[i] * w1[i]);
        }
        sums[o] = (int32_t)acc0;
        sums[o + 1] = (int32_t)acc1;
    }
    if (o < out_n) {
        uint32_t acc = 0;
        for (uint32_t i = 0; i < n; i++) {
            acc += (uint32_t)(x[i] * weights[i]);
        }
        sums[o] = (int32_t)acc;
    }
}

// In runs that fit 32 bits.
static void matvec_long(const int16_t *x, uint32_t n, const int8_t *weights, const linnet_channels_int16_t *channels,
    uint32_t out_n, int16_t *y) {
    for (uint32_t o = 0; o < out_n; o += 2, weights += 2 * n) {
        const uint32_t pair = o + 1 < out_n ? 2 : 1;
        int64_t sums[2] = { 0, 0 };
        for (uint32_t at = 0, run; at < n; at += run) {
            int32_t part[2] = { 0, 0 };
            run = n - at < LINNET_MAX_TAPS ? n - at : LINNET_MAX_TAPS;
            dots(x + at, run, weights + at, n, pair, part);
            sums[0] += part[0];
            sums[1] += part[1];
        }
        for (uint32_t i = 0; i < pair; i++) {
            y[o + i] = finish_long(sums[i], o + i, channels);
        }
    }
}

#define BLOCK 16  // sums at a time

void linnet_matvec_int16(const int16_t *x, uint32_t n, const int8_t *weights, const linnet_channels_int16_t *channels,
    uint32_t out_n, int16_t *y) {
    if (channels->finish.sums == LINNET_SUMS_LONG) {
        matvec_long(x, n, weights, channels, out_n, y);
        return;
    }
    int32_t sums[BLOCK];
    for (uint32_t o = 0, block; o < out_n; o += block, weights += block * n) {
        block = out_n - o < BLOCK ? out_n - o : BLOCK;
        dots(x, n, weights, n, block, sums);
        linnet_finish_int16(sums, o, block, channels, y + o);
    }
}
