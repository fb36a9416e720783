// CONV_2D tuned for RV32IMC: three output pixels at a time, in raster order.
//
// Windows other than 1x1 are read from a strip: the input rows under one row of outputs, column by column, (columns, kernel_h,
// in_c), so that every window is contiguous. Pixels left over at the end of a row wait for the next one's.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC)

#include <string.h>

typedef struct {
    int direct;        // windows lie in the input itself
    int dilated;       // each is copied on its own, its bytes in the order (kernel_h, kernel_w, in_c)
    uint32_t step;     // bytes from window to window
    uint32_t inputs;   // of a window, padded to a multiple of 4
    uint32_t columns;  // of a strip
    uint32_t strip_bytes;  // of three windows where they are copied
} shape_t;

static shape_t shape(const linnet_window_t *w) {
    const uint32_t taps = (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
    shape_t s;
    s.inputs = (taps + 3) & ~3u;
    s.direct = w->kernel_h == 1 && w->kernel_w == 1 && s.inputs == taps && w->pad_top == 0 && w->pad_left == 0
        && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
    s.dilated = !s.direct && (w->dilation_h != 1 || w->dilation_w != 1);
    s.step = (uint32_t)w->stride_w * (s.direct ? 1u : w->kernel_h) * w->in_c;
    s.columns = (uint32_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
    s.strip_bytes = s.dilated ? 3 * s.inputs : (s.columns * w->kernel_h * w->in_c + s.inputs - taps + 3) & ~3u;
    return s;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // Sizes stay within 32 bits.
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant)
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 20
        || ((uint64_t)w->out_w * w->stride_w + w->kernel_w) * w->kernel_h * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_rv32imc_data_ok(call, shape(w).inputs, w->out_c, 4) ? LINNET_OK : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const shape_t s = shape(&((const linnet_window_params_t *)params)->window);
    return s.direct ? 0 : s.dilated ? s.strip_bytes : s.strip_bytes + 2 * s.inputs;
}

// n times `bytes` from one column of the input to one of the strip. Words where all are at multiples of 4.
static void copy_columns(int8_t *out, uint32_t out_step, const int8_t *in, uint32_t bytes, uint32_t n) {
    if (bytes == 3) {
        for (; n > 0; n--, out += out_step, in += 3) {
            const int8_t red = in[0], green = in[1], blue = in[2];
            out[0] = red, out[1] = green, out[2] = blue;
        }
        return;
    }
    for (; n > 0; n--, out += out_step - bytes) {
        const int8_t *end = in + bytes;
        if (bytes % 4 == 0) {
            do {
                __builtin_memcpy(__builtin_assume_aligned(out, 4), __builtin_assume_aligned(in, 4), 4);
                out += 4, in += 4;
            } while (in != end);
        } else {
            do {
                *out++ = *in++;
            } while (in != end);
        }
    }
}

// The input under output row y. Columns of padding are there already.
static void make_strip(const linnet_window_t *w, const int8_t *image, uint32_t y, int8_t fill, const shape_t *s, int8_t *strip) {
    const uint32_t c = w->in_c, column_bytes = w->kernel_h * c, row_bytes = w->in_w * c;
    const uint32_t before = w->pad_left < s->columns ? w->pad_left : s->columns;
    const uint32_t left = s->columns - before, inside = left < w->in_w ? left : w->in_w;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, strip += c) {
        const uint32_t in_y = y * w->stride_h + ky - w->pad_top;
        int8_t *out = strip + before * column_bytes;
        if (in_y < w->in_h) {
            copy_columns(out, column_bytes, image + in_y * row_bytes, c, inside);
        } else {
            for (uint32_t x = 0; x < inside; x++, out += column_bytes) {
                memset(out, fill, c);
            }
        }
    }
}

typedef struct {
    const linnet_call_t *call;
    const linnet_window_params_t *params;
    linnet_rv32imc_layer_t layer;
    const uint8_t *stream, *rest, *exact;  // of the whole groups, of what is left, of the exact channels or NULL
    int8_t *out;                           // of the first pixel that waits
    const int8_t *x[3];                    // windows that wait for a tile
    uint32_t n;
} work_t;

// The n pixels that wait; a missing one repeats the last.
static void make_tile(work_t *t) {
    const uint32_t out_c = t->params->window.out_c;
    const uint32_t whole = out_c & ~3u;
    const uint32_t pitch = t->n > 1 ? out_c : 0, next_pitch = t->n > 2 ? out_c : 0;
    const int8_t *x0 = t->x[0], *x1 = t->x[t->n > 1], *x2 = t->x[t->n - 1];
    if (whole) {
        linnet_rv32imc_tile(x0, x1, x2, t->out, pitch, next_pitch, (const uint32_t *)(const void *)t->stream, &t->layer);
    }
    if (whole < out_c) {
        int8_t last[3][4];
        linnet_rv32imc_layer_t layer = t->layer;
        layer.n = 1;
        linnet_rv32imc_tile(x0, x1, x2, last[0], 4, 4, (const uint32_t *)(const void *)t->rest, &layer);
        for (uint32_t i = 0; i < t->n; i++) {
            memcpy(t->out + i * out_c + whole, last[i], out_c - whole);
        }
    }
    for (uint32_t i = 0; t->exact != NULL && i < t->n; i++) {
        linnet_rv32imc_exact(t->call, &t->params->requant, t->layer.inputs, t->exact, t->x[i], t->out + i * out_c);
    }
    t->out += t->n * out_c;
    t->n = 0;
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const shape_t s = shape(w);
    const linnet_rv32imc_head_t *head = (const linnet_rv32imc_head_t *)(const void *)call->data;
    const uint32_t is_size = call->operator->variant >> 4, whole = w->out_c / 4u;
    const uint32_t group_bytes = linnet_rv32imc_group_bytes(s.inputs, 4, (int)is_size);
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    int8_t *strip = (int8_t *)call->scratch;      // (columns, kernel_h, in_c)
    int8_t *kept = strip + s.strip_bytes;         // (2, inputs) the windows that wait while the strip is made anew
    work_t t = { call, params, { s.inputs, whole, head->has_negatives, is_size }, (const uint8_t *)(head + 1), NULL, NULL,
        linnet_output(call, 0), { NULL, NULL, NULL }, 0 };
    t.rest = t.stream + whole * group_bytes;
    if (head->n_exact) {
        t.exact = t.rest + (w->out_c % 4 != 0 ? group_bytes : 0);
    }
    if (!s.direct) {
        memset(strip, params->requant.input_zero_point, s.strip_bytes);
    }
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            const int8_t *window = strip;
            if (s.direct) {
                window = image + y * w->stride_h * w->in_w * w->in_c;
            } else if (!s.dilated) {
                for (uint32_t i = 0; i < t.n; i++) {
                    t.x[i] = memmove(kept + i * s.inputs, t.x[i], s.inputs);
                }
                make_strip(w, image, y, (int8_t)params->requant.input_zero_point, &s, strip);
            }
            for (uint32_t x = 0; x < w->out_w; x++, window += s.step) {
                t.x[t.n] = window;
                if (s.dilated) {
                    int8_t *copy = strip + t.n * s.inputs;
                    linnet_patch(w, image, y, x, (int8_t)params->requant.input_zero_point, copy);
                    t.x[t.n] = copy;
                }
                t.n++;
                if (t.n == 3) {
                    make_tile(&t);
                }
            }
        }
    }
    if (t.n) {
        make_tile(&t);
    }
}

const linnet_kernel_t linnet_conv_2d_rv32imc_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
