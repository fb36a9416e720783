// DEPTHWISE_CONV_2D, 3x3 with stride 1 or 2, tuned for Helium: 16 channels at a time over the whole image, so that the output
// may lie where the input does.

#include <string.h>

#include "linnet_helium.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

// The axis that lines run along, and the one across them.
typedef struct {
    uint32_t size, out_size, pad;
    uint32_t step, out_step;  // bytes
} axis_t;

typedef struct {
    axis_t inner, outer;
    uint32_t stride;
    uint32_t n_positions;
} geometry_t;

static geometry_t geometry_of(const linnet_window_t *w, int by_columns) {
    const axis_t x = { w->in_w, w->out_w, w->pad_left, w->in_c, w->in_c };
    const axis_t y = { w->in_h, w->out_h, w->pad_top, (uint32_t)w->in_w * w->in_c, (uint32_t)w->out_w * w->in_c };
    geometry_t g = { by_columns ? y : x, by_columns ? x : y, w->stride_h, 0 };
    const uint32_t least = g.stride == 1 ? 2 : 4;  // outputs that the kernels work on together
    const uint32_t outputs = g.inner.out_size > least ? g.inner.out_size : least;
    g.n_positions = (outputs - 1) * g.stride + (g.stride == 1 ? 3 : 4);
    return g;
}

static linnet_status_t check(const linnet_call_t *call, int by_columns) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c || w->kernel_h != 3
        || w->kernel_w != 3 || w->stride_h != w->stride_w || w->stride_h > 2 || w->dilation_h != 1 || w->dilation_w != 1
        || (w->stride_h == 1 && (by_columns ? w->out_h : w->out_w) == 1) || (uint64_t)w->in_h * w->in_w * w->in_c > 1u << 28
        || (uint64_t)w->out_h * w->out_w * w->out_c > 1u << 28) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_helium_head_t *head = (const void *)call->data;
    if (call->operator->data_bytes != sizeof(*head) + (uint32_t)w->in_c * LINNET_HELIUM_DEPTHWISE) {
        return LINNET_ERR_DATA;
    }
    int32_t max_shift = -31;
    const uint8_t *record = (const uint8_t *)(head + 1);
    for (uint32_t c = 0; c < w->in_c; c++, record += LINNET_HELIUM_DEPTHWISE) {
        const int32_t *factors = (const void *)record;
        if (factors[1] < 0 || factors[2] < -31 || factors[2] > 30) {
            return LINNET_ERR_DATA;
        }
        max_shift = factors[2] > max_shift ? factors[2] : max_shift;
    }
    return linnet_helium_head_ok(head, max_shift, &params->requant) ? LINNET_OK : LINNET_ERR_DATA;
}

// Positions; a line saved from being overwritten; 16 channels of zero point.
static uint32_t scratch(const void *params, int by_columns) {
    const geometry_t g = geometry_of(&((const linnet_window_params_t *)params)->window, by_columns);
    return g.n_positions * LINNET_HELIUM_POSITION + (g.stride == 1 ? g.inner.size * 16 : 0) + 16;
}

// What all lines of all blocks have in common.
typedef struct {
    geometry_t g;
    uint32_t kind;
    uint32_t first, count;  // positions that the input has
    int in_place;
    int8_t *columns, *saved, *fill;
    linnet_helium_patches_t patches;
    linnet_helium_strided_t strided;
} layer_t;

static void run_patches(const layer_t *layer, const uint8_t *stream, const linnet_helium_patches_t *patches) {
    if (layer->kind == LINNET_HELIUM_RELU) {
        linnet_helium_patches_relu(stream, patches);
    } else if (layer->kind == LINNET_HELIUM_RIGHT) {
        linnet_helium_patches_right(stream, patches);
    } else {
        linnet_helium_patches_any(stream, patches);
    }
}

static void run_strided(const layer_t *layer, const uint8_t *stream, const linnet_helium_strided_t *strided) {
    if (layer->kind == LINNET_HELIUM_RELU) {
        linnet_helium_strided_relu(stream, strided);
    } else if (layer->kind == LINNET_HELIUM_RIGHT) {
        linnet_helium_strided_right(stream, strided);
    } else {
        linnet_helium_strided_any(stream, strided);
    }
}

// n channels of a line, 16 bytes a position.
static void save_line(const int8_t *line, const axis_t *inner, uint32_t n, int8_t *saved) {
    for (uint32_t i = inner->size; i > 0; i--, line += inner->step, saved += 16) {
#if LINNET_IS(HELIUM)
        vst1q_s8(saved, vldrbq_z_s8(line, vctp8q(n)));
#else
        memset(saved, 0, 16);
        memmove(saved, line, n);
#endif
    }
}

// n channels from the first byte of in and out on, all lines.
static void run_block(layer_t *layer, const uint8_t *stream, const int8_t *in, int8_t *out, uint32_t n) {
    const geometry_t *g = &layer->g;
    const uint32_t at_a_time = g->stride == 1 ? 2 : 1;
    linnet_helium_build_t build = { layer->columns + layer->first * LINNET_HELIUM_POSITION, { NULL }, { 0 }, layer->count, n };
    layer->patches.n_channels = layer->strided.n_channels = n;
    for (uint32_t o = 0; o < g->outer.out_size; o += at_a_time, out += at_a_time * g->outer.out_step) {
        int32_t line = (int32_t)(o * g->stride) - (int32_t)g->outer.pad;
        for (uint32_t i = 0; i < 4; i++, line++) {
            const int inside = line >= 0 && line < (int32_t)g->outer.size;
            build.lines[i] = inside ? in + (uint32_t)line * g->outer.step : layer->fill;
            build.steps[i] = inside ? g->inner.step : 0;
        }
        if (layer->in_place && o > 0 && o <= g->outer.size) {
            build.lines[0] = layer->saved;
            build.steps[0] = 16;
        }
        if (layer->count > 0) {
            linnet_helium_build(&build);
        }
        if (g->stride != 1) {
            layer->strided.out = out;
            run_strided(layer, stream, &layer->strided);
            continue;
        }
        if (layer->in_place && o + 2 < g->outer.out_size && o + 1 < g->outer.size) {
            // The next lines want line o + 1, where an output goes now.
            save_line(in + (o + 1) * g->outer.step, &g->inner, n, layer->saved);
        }
        layer->patches.out = out;
        layer->patches.is_single = o + 1 == g->outer.out_size;
        run_patches(layer, stream, &layer->patches);
    }
}

static void run(const linnet_call_t *call, int by_columns) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_helium_head_t *head = (const void *)call->data;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    layer_t layer = { .g = geometry_of(w, by_columns), .kind = head->kind, .columns = (int8_t *)call->scratch };
    const geometry_t *g = &layer.g;
    const axis_t *inner = &g->inner;
    const uint32_t groups = (inner->out_size + 3) / 4;
    const int32_t zero_point = params->requant.output_zero_point;
    layer.first = inner->pad < g->n_positions ? inner->pad : g->n_positions;
    layer.count = g->n_positions - layer.first < inner->size ? g->n_positions - layer.first : inner->size;
    layer.in_place = in == out && g->stride == 1 && g->outer.pad == 1;
    layer.fill = layer.columns + g->n_positions * LINNET_HELIUM_POSITION;
    layer.saved = layer.fill + 16;
    layer.patches = (linnet_helium_patches_t){ layer.columns, NULL, 0, (inner->out_size + 1) / 2, inner->out_size % 2,
        inner->out_step, g->outer.out_step, 0, zero_point };
    layer.strided = (linnet_helium_strided_t){ layer.columns, NULL, 0, groups, groups == 1 ? 0 : 4 * groups - inner->out_size,
        inner->out_step, inner->out_size < 4 ? inner->out_size : 4, zero_point };
    memset(layer.columns, params->requant.input_zero_point, g->n_positions * LINNET_HELIUM_POSITION + 16);
    for (uint32_t b = 0; b < w->batches; b++) {
        const uint8_t *stream = (const uint8_t *)(head + 1);
        for (uint32_t c = 0; c < w->in_c; c += 16, stream += 16 * LINNET_HELIUM_DEPTHWISE) {
            run_block(&layer, stream, in + c, out + c, w->in_c - c < 16 ? w->in_c - c : 16u);
        }
        in += (uint32_t)w->in_h * w->in_w * w->in_c;
        if (linnet_helium_clamps(&params->requant)) {
            linnet_helium_clamp(out, (uint32_t)w->out_h * w->out_w * w->out_c, &params->requant);
        }
        out += (uint32_t)w->out_h * w->out_w * w->out_c;
    }
}

// Lines along rows, patches one after the other from left to right.
static linnet_status_t check_rows(const linnet_call_t *call) {
    return check(call, 0);
}

static uint32_t rows_scratch(const void *params) {
    return scratch(params, 0);
}

static void run_rows(const linnet_call_t *call) {
    run(call, 0);
}

const linnet_kernel_t linnet_depthwise_rows_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check_rows, rows_scratch, run_rows };

// Lines along columns.
static linnet_status_t check_columns(const linnet_call_t *call) {
    return check(call, 1);
}

static uint32_t columns_scratch(const void *params) {
    return scratch(params, 1);
}

static void run_columns(const linnet_call_t *call) {
    run(call, 1);
}

const linnet_kernel_t linnet_depthwise_columns_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check_columns, columns_scratch, run_columns };

#endif
