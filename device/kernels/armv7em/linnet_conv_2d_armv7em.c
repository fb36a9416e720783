// CONV_2D tuned for the DSP extension: three output pixels at a time, in raster order, all their input widened to 16 bits
// before the first of them is written.

#include <string.h>

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

static uint32_t window_bytes(const linnet_window_t *w) {
    return ((uint32_t)w->kernel_h * w->kernel_w * w->in_c + 3) & ~3u;
}

// A 1x1 window without padding is read where it lies.
static int is_pointwise(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->in_c % 4 == 0 && w->pad_top == 0 && w->pad_left == 0
           && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
}

// A window one pixel high is read where it lies, too, but at the border.
static int is_line(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->dilation_w == 1 && w->kernel_w * w->in_c % 4 == 0;
}

// Each window is copied on its own then, its bytes in the order (kernel_h, kernel_w, in_c).
static int is_dilated(const linnet_window_t *w) {
    return w->dilation_h != 1 || w->dilation_w != 1;
}

static int has_strips(const linnet_window_t *w) {
    return !is_pointwise(w) && !is_line(w) && !is_dilated(w);
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
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant)
        || w->out_c < 2 || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 22
        || (has_strips(w) && columns * w->kernel_h * w->in_c > 1u << 28)) {
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
    if (!has_strips(w)) {
        return act_bytes + 3 * window_bytes(w);
    }
    return act_bytes + n_strips(w) * linnet_armv7em_strip(w).bytes + ((w->in_c + 3u) & ~3u);
}

// Where the next output pixel's window begins.
typedef struct {
    const linnet_window_t *window;
    const int8_t *image;
    int8_t *strips;   // NULL where there are none
    int8_t *fill;
    int8_t *windows;  // (3, window_bytes) where windows are copied one by one, else NULL
    int8_t zero_point;
    const int8_t *next;
    uint32_t step;   // bytes from pixel to pixel
    uint32_t width;  // pixels of a row
    uint32_t x, y;   // of the next pixel, x = width before the next row is begun
} cursor_t;

static void begin_row(cursor_t *c) {
    const linnet_window_t *w = c->window;
    if (c->strips == NULL) {
        c->next = c->image + c->y * w->stride_h * w->in_w * w->in_c;
    } else {
        int8_t *strip = c->strips + c->y % n_strips(w) * linnet_armv7em_strip(w).bytes;
        linnet_armv7em_fill_strip(w, c->image, c->y, c->fill, strip);
        c->next = strip;
    }
    c->x = 0;
    c->y++;
}

// Of the next pixel: where it lies in a line, else its copy.
static const int8_t *lone_window(const cursor_t *c, int8_t *copy) {
    const linnet_window_t *w = c->window;
    const uint32_t left = c->x * w->stride_w - w->pad_left, y = (c->y - 1) * w->stride_h - w->pad_top;
    if (is_line(w) && left < w->in_w && left + w->kernel_w <= w->in_w && y < w->in_h) {
        return c->image + (y * w->in_w + left) * w->in_c;
    }
    linnet_patch(w, c->image, c->y - 1, c->x, c->zero_point, copy);
    return copy;
}

// The windows of the next n pixels, 1 <= n <= 3, the last one repeated to make three.
static void take(cursor_t *c, uint32_t n, const int8_t *at[3]) {
    if (n == 3 && c->x + 3 <= c->width && c->windows == NULL) {
        at[0] = c->next;
        at[1] = c->next + c->step;
        at[2] = c->next + 2 * c->step;
        c->next += 3 * c->step;
        c->x += 3;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (c->x == c->width) {
            begin_row(c);
        }
        at[i] = c->next;
        c->next += c->step;
        if (c->windows != NULL) {
            at[i] = lone_window(c, c->windows + i * window_bytes(c->window));
        }
        c->x++;
    }
    for (uint32_t i = n; i < 3; i++) {
        at[i] = at[n - 1];
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_requant_t *requant = &params->requant;
    const linnet_armv7em_strip_t strip = linnet_armv7em_strip(w);
    const uint32_t k = window_bytes(w);
    const int pointwise = is_pointwise(w);
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const linnet_armv7em_exact_t *exacts = (const void *)((const uint8_t *)stream + w->out_c / 2 * pair_bytes(w));
    void (*const tile)(const int32_t *, linnet_armv7em_tile_t *)
        = linnet_armv7em_is_relu(requant) ? linnet_armv7em_tile_relu : linnet_armv7em_tile;
    int16_t *act = (int16_t *)(void *)call->scratch;
    cursor_t cursor = { .window = w, .image = linnet_input(call, 0), .zero_point = (int8_t)requant->input_zero_point,
        .step = (uint32_t)w->stride_w * w->in_c, .width = w->out_w };
    const uint32_t pixels = (uint32_t)w->out_h * w->out_w;
    if (!pointwise && !has_strips(w)) {
        cursor.windows = (int8_t *)call->scratch + 6 * k;
    } else if (!pointwise) {
        cursor.strips = (int8_t *)call->scratch + 6 * k;
        cursor.fill = cursor.strips + n_strips(w) * strip.bytes;
        cursor.step = w->stride_w * strip.column_bytes;
        memset(cursor.fill, requant->input_zero_point, w->in_c);
    } else if (w->stride_h == 1 && w->stride_w == 1 && w->in_w == w->out_w) {
        cursor.width = pixels;  // one long row
    }
    const uint32_t blocks = k / 4 - 1;
    linnet_armv7em_tile_t t = { act, blocks == 0 ? 1 : (blocks + 3) / 4, linnet_output(call, 0), NULL, 0, 0, 0 };
    t.skip = (4 * t.rounds - blocks) * LINNET_ARMV7EM_BLOCK_BYTES;
    for (uint32_t b = 0; b < w->batches; b++, cursor.image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        cursor.x = cursor.width;
        cursor.y = 0;
        for (uint32_t left = pixels; left > 0;) {
            const uint32_t n = left < 3 ? left : 3;
            const int8_t *at[3];
            take(&cursor, n, at);
            linnet_armv7em_widen(at[0], at[1], at[2], act, k / 4);
            int8_t *out = t.out;
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
            t.out = out + n * w->out_c;
            left -= n;
        }
    }
}

const linnet_kernel_t linnet_conv_2d_armv7em_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
