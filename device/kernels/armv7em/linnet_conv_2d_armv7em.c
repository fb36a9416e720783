// CONV_2D tuned for the DSP extension: three output pixels at a time, in raster order, all their input widened to 16 bits
// before the first of them is written.

#include <string.h>

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

// A strip holds the input under one row of outputs, column by column: (columns, kernel_h, in_c). The window of a pixel is
// then kernel_w * kernel_h * in_c bytes on end, padding included.
typedef struct {
    uint32_t columns;
    uint32_t column_bytes;
    uint32_t bytes;  // of a strip, a multiple of 4 with room to read a word too far
} strip_t;

static uint32_t window_bytes(const linnet_window_t *w) {
    return ((uint32_t)w->kernel_h * w->kernel_w * w->in_c + 3) & ~3u;
}

// A 1x1 window without padding is read where it lies.
static int is_pointwise(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->in_c % 4 == 0 && w->pad_top == 0 && w->pad_left == 0
           && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
}

static strip_t strip_of(const linnet_window_t *w) {
    strip_t strip;
    strip.columns = (uint32_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
    strip.column_bytes = (uint32_t)w->kernel_h * w->in_c;
    strip.bytes = (strip.columns * strip.column_bytes + 6) & ~3u;
    return strip;
}

// As many strips as there are rows in a tile.
static uint32_t n_strips(const linnet_window_t *w) {
    const uint32_t rows = w->out_w == 1 ? 3 : 2;
    return w->out_h < rows ? w->out_h : rows;
}

static uint32_t pair_bytes(const linnet_window_t *w) {
    return 2 * sizeof(int32_t) + 2 * window_bytes(w) + 2 * (uint32_t)sizeof(linnet_armv7em_factor_t);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const uint64_t columns = (uint64_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->dilation_h != 1 || w->dilation_w != 1
        || w->out_c < 2 || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 22
        || columns * w->kernel_h * w->in_c > 1u << 28) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const uint64_t pairs_bytes = (uint64_t)(w->out_c / 2) * pair_bytes(w);
    const uint64_t exact_bytes = sizeof(linnet_armv7em_exact_t) + window_bytes(w);
    if (call->operator->data_bytes < sizeof(*head) || head->n_exact > w->out_c
        || call->operator->data_bytes != sizeof(*head) + pairs_bytes + head->n_exact * exact_bytes) {
        return LINNET_ERR_DATA;
    }
    const uint8_t *stream = call->data + sizeof(*head);
    return linnet_armv7em_factors_ok(stream + 8 + 2 * window_bytes(w), w->out_c / 2, pair_bytes(w), 2)
                   && linnet_armv7em_exact_ok(call->data, stream + pairs_bytes, window_bytes(w), w->out_c)
               ? LINNET_OK
               : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    const uint32_t act_bytes = 6 * window_bytes(w);
    if (is_pointwise(w)) {
        return act_bytes;
    }
    return act_bytes + n_strips(w) * strip_of(w).bytes + ((w->in_c + 3u) & ~3u);
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

// The input under output row y; fill: in_c bytes of the zero point.
static void fill_strip(const linnet_window_t *w, const int8_t *image, uint32_t y, const int8_t *fill, int8_t *target) {
    const strip_t strip = strip_of(w);
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

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_requant_t *requant = &params->requant;
    const strip_t strip = strip_of(w);
    const uint32_t k = window_bytes(w);
    const int pointwise = is_pointwise(w);
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const linnet_armv7em_exact_t *exacts = (const void *)((const uint8_t *)stream + w->out_c / 2 * pair_bytes(w));
    int16_t *act = (int16_t *)(void *)call->scratch;
    int8_t *const strips = (int8_t *)call->scratch + 6 * k;
    int8_t *const fill = strips + n_strips(w) * strip.bytes;
    void (*const tile)(const int32_t *, linnet_armv7em_tile_t *)
        = linnet_armv7em_is_relu(requant) ? linnet_armv7em_tile_relu : linnet_armv7em_tile;
    // Without strides a pointwise layer is one long row.
    const int flat = pointwise && w->stride_h == 1 && w->stride_w == 1 && w->in_w == w->out_w;
    const uint32_t pixels = (uint32_t)w->out_h * w->out_w;
    const uint32_t width = flat ? pixels : w->out_w;
    const uint32_t step = w->stride_w * (pointwise ? w->in_c : strip.column_bytes);
    const uint32_t blocks = k / 4 - 1;
    linnet_armv7em_tile_t t = { act, blocks == 0 ? 1 : (blocks + 3) / 4, NULL, NULL, 0, 0, 0 };
    t.skip = (4 * t.rounds - blocks) * LINNET_ARMV7EM_BLOCK_BYTES;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    if (!pointwise) {
        memset(fill, requant->input_zero_point, w->in_c);
    }
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        uint32_t x = width;
        uint32_t y = 0;
        const int8_t *next = NULL;
        for (uint32_t left = pixels; left > 0;) {
            const uint32_t n = left < 3 ? left : 3;
            const int8_t *at[3];
            for (uint32_t i = 0; i < n; i++, x++, next += step) {
                if (x == width) {
                    x = 0;
                    next = image + y * w->stride_h * w->in_w * w->in_c;
                    if (!pointwise) {
                        int8_t *target = strips + y % n_strips(w) * strip.bytes;
                        fill_strip(w, image, y, fill, target);
                        next = target;
                    }
                    y++;
                }
                at[i] = next;
            }
            // The last tile repeats its last pixel.
            if (n < 2) {
                at[1] = at[0];
            }
            if (n < 3) {
                at[2] = at[1];
            }
            linnet_armv7em_widen(at[0], at[1], at[2], act, k / 4);
            t.out = out;
            t.end = out + (w->out_c & ~1u);
            t.out_1 = n < 2 ? 0 : w->out_c;
            t.out_2 = n < 3 ? t.out_1 : 2u * w->out_c;
            tile(stream, &t);
            const linnet_armv7em_exact_t *exact = exacts;
            for (uint32_t e = 0; e < head->n_exact; e++, exact = linnet_armv7em_next(exact, k)) {
                for (uint32_t i = 0; i < n; i++) {
                    const int32_t acc = linnet_armv7em_dot(exact, act + 2 * i, 3, k);
                    out[i * w->out_c + exact->channel] = linnet_armv7em_finish(exact, acc, requant);
                }
            }
            if (linnet_armv7em_clamps(requant)) {
                linnet_armv7em_clamp(out, n * w->out_c, requant);
            }
            out += n * w->out_c;
            left -= n;
        }
    }
}

const linnet_kernel_t linnet_conv_2d_armv7em_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
