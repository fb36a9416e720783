// Strips: the input under a row of a convolution's output, turned so that each pixel's window lies in one piece.

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

linnet_armv7em_strip_t linnet_armv7em_strip(const linnet_window_t *w) {
    linnet_armv7em_strip_t strip;
    strip.columns = (uint32_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
    strip.column_bytes = (uint32_t)w->kernel_h * w->in_c;
    strip.bytes = (strip.columns * strip.column_bytes + 6) & ~3u;
    return strip;
}

// linnet_armv7em_columns for any number of bytes.
static void copy_columns(const linnet_armv7em_columns_t *c) {
    int8_t *target = c->target;
    const int8_t *source = c->source;
    if (c->n == 0) {
        return;
    }
    if (c->n_bytes % 4 == 0) {
        linnet_armv7em_columns(c);
        return;
    }
    for (uint32_t i = c->n; i > 0; i--, target += c->target_step, source += c->source_step) {
        target[0] = source[0];
        for (uint32_t j = 1; j < c->n_bytes; j++) {
            target[j] = source[j];
        }
    }
}

// n columns of 3 x 3 bytes from three rows, as of an RGB image. Each word goes one byte too far, which the next puts right.
static void copy_3x3(int8_t *target, const int8_t *source, uint32_t row_bytes, uint32_t n) {
    const int8_t *row1 = source + row_bytes;
    const int8_t *row2 = row1 + row_bytes;
    for (; n > 0; n--, source += 3, row1 += 3, row2 += 3, target += 9) {
        linnet_armv7em_store(target, linnet_armv7em_load(source));
        linnet_armv7em_store(target + 3, linnet_armv7em_load(row1));
        linnet_armv7em_store(target + 6, linnet_armv7em_load(row2));
    }
}

void linnet_armv7em_fill_strip(const linnet_window_t *w, const int8_t *image, uint32_t y, const int8_t *fill,
    int8_t *target) {
    const linnet_armv7em_strip_t strip = linnet_armv7em_strip(w);
    linnet_armv7em_columns_t copy = { target, NULL, 0, w->in_c, strip.column_bytes, 0 };
    const int32_t top = (int32_t)(y * w->stride_h) - w->pad_top;
    // Columns of RGB that three whole rows have, but for the last: no word may reach beyond the input.
    uint32_t done = 0;
    if (w->kernel_h == 3 && w->in_c == 3 && top >= 0 && top + 3 <= w->in_h && w->pad_left < strip.columns) {
        done = (strip.columns - w->pad_left < w->in_w ? strip.columns - w->pad_left : w->in_w) - 1u;
        copy_3x3(target + w->pad_left * 9u, image + (uint32_t)top * w->in_w * 3u, w->in_w * 3u, done);
    }
    for (uint32_t ky = 0; ky < w->kernel_h; ky++) {
        const int32_t in_y = top + (int32_t)ky;
        const int inside = in_y >= 0 && in_y < w->in_h;
        const uint32_t left = !inside || strip.columns < w->pad_left ? strip.columns : w->pad_left;
        const uint32_t middle = strip.columns - left < w->in_w ? strip.columns - left : w->in_w;
        copy.target = target + ky * w->in_c;
        copy.source = fill;
        copy.source_step = 0;
        copy.n = left;
        copy_columns(&copy);
        if (left == strip.columns) {
            continue;
        }
        copy.target += (left + done) * strip.column_bytes;
        copy.source = image + ((uint32_t)in_y * w->in_w + done) * w->in_c;
        copy.source_step = w->in_c;
        copy.n = middle - done;
        copy_columns(&copy);
        copy.target += (middle - done) * strip.column_bytes;
        copy.source = fill;
        copy.source_step = 0;
        copy.n = strip.columns - left - middle;
        copy_columns(&copy);
    }
}

#endif
