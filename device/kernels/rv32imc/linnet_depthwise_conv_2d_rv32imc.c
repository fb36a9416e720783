// DEPTHWISE_CONV_2D tuned for RV32IMC: 3x3, one channel at a time. The channel is copied to a plane with its padding around
// it, so that the output may lie where the input lay.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC)

#include <string.h>

#include "../linnet_plane_3x3.h"
#include "../linnet_requant.h"

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_plane_ok(w) || !linnet_requant_ok(&params->requant) || linnet_plane(w).line.stride > 2) {
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
    const linnet_plane_t s = linnet_plane(&((const linnet_window_params_t *)params)->window);
    return s.length * s.lines;
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

static void exact(const int8_t *plane, int8_t *out, const linnet_rv32imc_depthwise_t *channel, const linnet_plane_t *s,
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
    const linnet_plane_t s = linnet_plane(w);
    const linnet_rv32imc_plane_t geometry = { s.cross.out, s.length, s.cross.stride * s.length, s.cross.out_step,
        s.line.out * s.line.out_step, s.line.out_step, s.line.stride };
    const linnet_rv32imc_depthwise_t *channels = (const linnet_rv32imc_depthwise_t *)(const void *)call->data;
    const uint32_t n_lines = linnet_axis_inside(&s.cross, s.lines), length = linnet_axis_inside(&s.line, s.length);
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
