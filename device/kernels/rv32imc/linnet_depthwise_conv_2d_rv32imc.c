// DEPTHWISE_CONV_2D tuned for RV32IMC: 3x3, one channel at a time. The channel is copied to a plane with its padding around
// it, so that the output may lie where the input lay.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC)

#include <string.h>

#include "../linnet_requant.h"

// One axis of the image.
typedef struct {
    uint32_t size, out, pad, stride;
    uint32_t step, out_step;  // bytes from one to the next
} axis_t;

typedef struct {
    axis_t line, cross;  // along a line, and from line to line
    uint32_t length;     // of a line in the plane
    uint32_t lines;
} shape_t;

static shape_t shape(const linnet_window_t *w) {
    const axis_t x = { w->in_w, w->out_w, w->pad_left, w->stride_w, w->in_c, w->in_c };
    const axis_t y = { w->in_h, w->out_h, w->pad_top, w->stride_h, (uint32_t)w->in_w * w->in_c, (uint32_t)w->out_w * w->in_c };
    shape_t s = { x, y, 0, 0 };
    if (y.out > x.out) {
        s.line = y;
        s.cross = x;
    }
    s.length = (s.line.out - 1) * s.line.stride + 3;
    s.lines = (s.cross.out - 1) * s.cross.stride + 3;
    return s;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // Sizes stay within 32 bits.
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c || w->kernel_h != 3 || w->kernel_w != 3
        || w->dilation_h != 1 || w->dilation_w != 1 || shape(w).line.stride > 2
        || ((uint64_t)w->out_h * w->stride_h + 2) * ((uint64_t)w->out_w * w->stride_w + 2) > 1u << 22) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_rv32imc_depthwise_t *channel = (const linnet_rv32imc_depthwise_t *)(const void *)call->data;
    if (call->operator->data_bytes != w->out_c * sizeof(*channel)) {
        return LINNET_ERR_DATA;
    }
    for (uint32_t i = 0; i < w->out_c; i++) {
        const int32_t tflite_shift = (int32_t)channel[i].factor.shift;
        if (channel[i].is_exact && ((int32_t)channel[i].factor.multiplier < 0 || tflite_shift < -31 || tflite_shift > 30)) {
            return LINNET_ERR_DATA;
        }
    }
    return LINNET_OK;
}

static uint32_t scratch(const void *params) {
    const shape_t s = shape(&((const linnet_window_params_t *)params)->window);
    return s.length * s.lines;
}

// How many inputs of an axis lie in `n` places of the plane, the first `pad` of which are padding.
static uint32_t inside(const axis_t *axis, uint32_t n) {
    const uint32_t room = n > axis->pad ? n - axis->pad : 0;
    return room < axis->size ? room : axis->size;
}

// n bytes of one channel, `step` apart.
static void copy(int8_t *out, const int8_t *in, uint32_t step, uint32_t n) {
    for (; n >= 4; n -= 4, out += 4, in += step) {
        const int8_t a = *in, b = *(in += step), c = *(in += step), d = *(in += step);
        out[0] = a, out[1] = b, out[2] = c, out[3] = d;
    }
    for (; n > 0; n--, in += step) {
        *out++ = *in;
    }
}

static void exact(const int8_t *plane, int8_t *out, const linnet_rv32imc_depthwise_t *channel, const shape_t *s,
    const linnet_requant_t *requant) {
    for (uint32_t v = 0; v < s->cross.out; v++, plane += s->cross.stride * s->length, out += s->cross.out_step) {
        for (uint32_t u = 0; u < s->line.out; u++) {
            uint32_t acc = channel->start;
            for (uint32_t i = 0; i < 9; i++) {
                acc += (uint32_t)(plane[u * s->line.stride + i / 3 * s->length + i % 3] * channel->weights[i]);
            }
            const int32_t y = linnet_requant((int32_t)acc, (int32_t)channel->factor.multiplier, (int32_t)channel->factor.shift);
            out[u * s->line.out_step] = (int8_t)linnet_clamp(
                linnet_wrapping_add(y, requant->output_zero_point), requant->act_min, requant->act_max);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const shape_t s = shape(w);
    const linnet_rv32imc_plane_t geometry = { s.cross.out, s.length, s.cross.stride * s.length, s.cross.out_step,
        s.line.out * s.line.out_step, s.line.out_step, s.line.stride };
    const linnet_rv32imc_depthwise_t *channels = (const linnet_rv32imc_depthwise_t *)(const void *)call->data;
    const uint32_t n_lines = inside(&s.cross, s.lines), length = inside(&s.line, s.length);
    int8_t *plane = (int8_t *)call->scratch;  // (lines, length)
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    memset(plane, params->requant.input_zero_point, s.length * s.lines);
    for (uint32_t b = 0; b < w->batches; b++) {
        for (uint32_t c = 0; c < w->in_c; c++) {
            for (uint32_t v = 0; v < n_lines; v++) {
                const int8_t *in = image + v * s.cross.step + c;
                int8_t *line = plane + (s.cross.pad + v) * s.length + s.line.pad;
                copy(line, in, s.line.step, length);
            }
            if (channels[c].is_exact) {
                exact(plane, out + c, &channels[c], &s, &params->requant);
            } else {
                linnet_rv32imc_plane(plane, out + c, &channels[c], &geometry);
            }
        }
        image += (uint32_t)w->in_h * w->in_w * w->in_c;
        out += (uint32_t)w->out_h * w->out_w * w->out_c;
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_rv32imc_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
