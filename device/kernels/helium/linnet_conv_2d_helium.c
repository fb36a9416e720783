// CONV_2D tuned for Helium: two output pixels at a time, in raster order, by four channels; where a window is one block of 16
// bytes, a row of pixels at a time.

#include "linnet_strip_helium.h"

#if LINNET_HAS(HELIUM)

typedef void (*gemm_t)(const int32_t *stream, const linnet_helium_gemm_t *gemm);

static gemm_t gemm_of(uint32_t kind) {
    return kind == LINNET_HELIUM_RELU    ? linnet_helium_gemm_relu
           : kind == LINNET_HELIUM_RIGHT ? linnet_helium_gemm_right
                                         : linnet_helium_gemm_any;
}

static uint32_t steps_of(const linnet_window_t *w) {
    return ((uint32_t)w->kernel_h * w->kernel_w * w->in_c + LINNET_HELIUM_BLOCK - 1) / LINNET_HELIUM_BLOCK;
}

// Of four channels.
static uint32_t group_bytes(const linnet_window_t *w) {
    return 4 * sizeof(int32_t) + steps_of(w) * 4 * LINNET_HELIUM_BLOCK + 8 * sizeof(int32_t);
}

// A 1x1 window of whole blocks without padding is read where it lies, any other one from a strip.
static int is_direct(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->in_c % LINNET_HELIUM_BLOCK == 0 && w->pad_top == 0 && w->pad_left == 0
           && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
}

// Each window is copied on its own then, its bytes in the order (kernel_h, kernel_w, in_c).
static int is_dilated(const linnet_window_t *w) {
    return !is_direct(w) && (w->dilation_h != 1 || w->dilation_w != 1);
}

// A pair of pixels may lie in two rows.
static uint32_t n_strips(const linnet_window_t *w) {
    return is_direct(w) ? 0 : w->out_w % 2 == 0 || w->out_h == 1 ? 1 : 2;
}

// Strips, or a pair of windows.
static uint32_t input_bytes(const linnet_window_t *w) {
    return is_dilated(w) ? 2 * steps_of(w) * LINNET_HELIUM_BLOCK : n_strips(w) * linnet_helium_strip_bytes(w);
}

// Where channels are no multiple of four, pixels go through a tile.
static uint32_t tile_bytes(const linnet_window_t *w) {
    return w->out_c % 4 == 0 ? 0 : 2 * linnet_helium_up(w->out_c, 4);
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const uint64_t columns = (uint64_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant)
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > LINNET_HELIUM_MAX_SIZE
        || columns * w->kernel_h * w->in_c > 1u << 28) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_helium_head_t *head = (const void *)call->data;
    const uint32_t groups = (w->out_c + 3u) / 4;
    if (call->operator->data_bytes != sizeof(*head) + (uint64_t)groups * group_bytes(w)) {
        return LINNET_ERR_DATA;
    }
    const uint8_t *factors = call->data + sizeof(*head) + group_bytes(w) - 8 * sizeof(int32_t);
    const int32_t max_shift = linnet_helium_max_shift(factors, groups, group_bytes(w));
    return linnet_helium_head_ok(head, max_shift, &params->requant) ? LINNET_OK : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    return input_bytes(w) + tile_bytes(w);
}

// What a layer's pixels have in common.
typedef struct {
    const linnet_window_params_t *params;
    const int32_t *stream;
    gemm_t gemm;
    int8_t *tile;
    linnet_helium_gemm_t g;  // of whole pairs
} layer_t;

// n_pairs pairs from `act` on, pixels `step` bytes apart.
static void run_pairs(const layer_t *layer, const int8_t *act, int32_t step, int8_t *out, uint32_t n_pairs) {
    const uint32_t out_c = layer->params->window.out_c;
    linnet_helium_gemm_t g = layer->g;
    g.act = act;
    g.act_1 = step;
    g.act_skip = 2 * (uint32_t)step;
    g.out = out;
    g.n_pairs = n_pairs;
    if (layer->tile == NULL) {
        layer->gemm(layer->stream, &g);
        return;
    }
    g.n_pairs = 1;
    g.out = layer->tile;
    g.out_1 = g.channels;
    for (; n_pairs > 0; n_pairs--, g.act += g.act_skip, out += 2 * out_c) {
        layer->gemm(layer->stream, &g);
        linnet_helium_copy(out, layer->tile, out_c);
        linnet_helium_copy(out + out_c, layer->tile + g.channels, out_c);
    }
}

// A pixel on its own is worked out twice.
static void run_single(const layer_t *layer, const int8_t *act, int8_t *out) {
    linnet_helium_gemm_t g = layer->g;
    g.act = act;
    g.out = layer->tile == NULL ? out : layer->tile;
    g.out_1 = 0;
    g.n_pairs = 1;
    layer->gemm(layer->stream, &g);
    if (layer->tile != NULL) {
        linnet_helium_copy(out, layer->tile, layer->params->window.out_c);
    }
}

// An image whose windows are copied, in pairs.
static void run_dilated(const layer_t *layer, const int8_t *image, int8_t *windows, int8_t *out) {
    const linnet_requant_t *requant = &layer->params->requant;
    const linnet_window_t *w = &layer->params->window;
    const uint32_t bytes = steps_of(w) * LINNET_HELIUM_BLOCK, pixels = (uint32_t)w->out_h * w->out_w;
    uint32_t y = 0, x = 0;
    for (uint32_t done = 0, n; done < pixels; done += n, out += n * w->out_c) {
        n = pixels - done < 2 ? 1 : 2;
        for (uint32_t i = 0; i < n; i++) {
            linnet_patch(w, image, y, x, (int8_t)requant->input_zero_point, windows + i * bytes);
            x = x + 1 < w->out_w ? x + 1 : 0;
            y += x == 0;
        }
        if (n == 2) {
            run_pairs(layer, windows, (int32_t)bytes, out, 1);
        } else {
            run_single(layer, windows, out);
        }
        if (linnet_helium_clamps(requant)) {
            linnet_helium_clamp(out, n * w->out_c, requant);
        }
    }
}

static void run_shallow(const layer_t *layer, uint32_t kind, const int8_t *act, uint32_t step, int8_t *out) {
    void (*const shallow)(const int32_t *, const linnet_helium_shallow_t *)
        = kind == LINNET_HELIUM_RELU ? linnet_helium_shallow_relu : linnet_helium_shallow_right;
    const linnet_window_t *w = &layer->params->window;
    linnet_helium_shallow_t s = { act, step, out, w->out_c, w->out_w, layer->params->requant.output_zero_point };
    const int32_t *stream = layer->stream;
    for (uint32_t c = 0; c < w->out_c; c += 4, s.out += 4, stream += group_bytes(w) / 4) {
        shallow(stream, &s);
    }
}

// One row of pixels whose windows are `step` bytes apart. *last, if any, is a pixel of the row before that is still without a
// partner; the row may leave another. Returns how many pixels were written.
static uint32_t run_row(const layer_t *layer, const int8_t *act, uint32_t width, uint32_t step, const int8_t **last,
    int is_final, int8_t *out) {
    const uint32_t out_c = layer->params->window.out_c;
    uint32_t written = 0;
    if (*last != NULL) {
        run_pairs(layer, *last, (int32_t)(act - *last), out, 1);
        act += step;
        width--;
        written = 2;
    }
    const uint32_t pairs = width / 2;
    if (pairs > 0) {
        run_pairs(layer, act, (int32_t)step, out + written * out_c, pairs);
        written += 2 * pairs;
    }
    *last = width % 2 == 0 ? NULL : act + 2 * pairs * step;
    if (*last != NULL && is_final) {
        run_single(layer, *last, out + written * out_c);
        *last = NULL;
        written++;
    }
    return written;
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_helium_head_t *head = (const void *)call->data;
    const int direct = is_direct(w);
    const int shallow = steps_of(w) == 1 && tile_bytes(w) == 0 && head->kind != LINNET_HELIUM_ANY;
    const uint32_t channels = linnet_helium_up(w->out_c, 4);
    const uint32_t strip_bytes = linnet_helium_strip_bytes(w);
    int8_t *const strips = (int8_t *)call->scratch;
    const layer_t layer = { params, (const void *)(head + 1), gemm_of(head->kind),
        tile_bytes(w) == 0 ? NULL : strips + input_bytes(w),
        { NULL, 0, 0, NULL, w->out_c, 2u * w->out_c - channels, 0, channels, steps_of(w), params->requant.output_zero_point } };
    // Without strides a direct layer is one long row; not so a shallow one, which reads a row several times.
    const int flat = direct && !shallow && w->stride_h == 1 && w->stride_w == 1 && w->in_w == w->out_w;
    const uint32_t height = flat ? 1 : w->out_h;
    const uint32_t width = flat ? (uint32_t)w->out_h * w->out_w : w->out_w;
    const uint32_t step = w->stride_w * (direct ? w->in_c : linnet_helium_column_bytes(w));
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    linnet_helium_strips_t common;
    if (is_dilated(w)) {
        for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
            run_dilated(&layer, image, strips, out);
            out += (uint32_t)w->out_h * w->out_w * w->out_c;
        }
        return;
    }
    if (!direct) {
        linnet_helium_strips(&common, params, strips, n_strips(w));
    }
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        const int8_t *last = NULL;
        for (uint32_t y = 0; y < height; y++) {
            const int8_t *act = image + y * w->stride_h * w->in_w * w->in_c;
            if (!direct) {
                int8_t *strip = strips + y % n_strips(w) * strip_bytes;
                linnet_helium_strip(&common, image, y, strip);
                act = strip;
            }
            uint32_t written = width;
            if (shallow) {
                run_shallow(&layer, head->kind, act, step, out);
            } else {
                written = run_row(&layer, act, width, step, &last, y + 1 == height, out);
            }
            if (linnet_helium_clamps(&params->requant)) {
                linnet_helium_clamp(out, written * w->out_c, &params->requant);
            }
            out += written * w->out_c;
        }
    }
}

const linnet_kernel_t linnet_conv_2d_helium_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
