// DEPTHWISE_CONV_2D tuned for Xtensa: 3x3, one channel at a time. The channel is copied to a plane with its padding around it, so
// that the output may lie where the input lay; then line by line, along the longer side, it becomes sums and these outputs.

#include "linnet_xtensa.h"

#if LINNET_HAS(XTENSA)

#include <string.h>

#include "../linnet_plane_3x3.h"
#include "../linnet_requant.h"

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_plane_ok(w) || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_xtensa_depthwise_t *channel = (const linnet_xtensa_depthwise_t *)(const void *)call->data;
    if (call->operator->data_bytes != w->out_c * sizeof(*channel)) {
        return LINNET_ERR_DATA;
    }
    for (uint32_t i = 0; i < w->out_c; i++) {
        const int32_t multiplier = (int32_t)channel[i].scale.range, tflite_shift = (int32_t)channel[i].scale.offset;
        if (channel[i].is_exact && (multiplier < 0 || tflite_shift < -31 || tflite_shift > 30)) {
            return LINNET_ERR_DATA;
        }
    }
    return LINNET_OK;
}

static uint32_t scratch(const void *params) {
    const linnet_plane_t s = linnet_plane(&((const linnet_window_params_t *)params)->window);
    return 4 * s.line.out + s.length * s.lines;
}

// n bytes of one channel, `step` apart, to x + 128.
static void copy(uint8_t *out, const uint8_t *in, uint32_t step, uint32_t n) {
    for (; n >= 4; n -= 4, out += 4, in += step) {
        const uint8_t a = *in, b = *(in += step), c = *(in += step), d = *(in += step);
        out[0] = a ^ 128, out[1] = b ^ 128, out[2] = c ^ 128, out[3] = d ^ 128;
    }
    for (; n > 0; n--, in += step) {
        *out++ = *in ^ 128;
    }
}

static void finish_exact(const uint32_t *sums, const linnet_xtensa_scale_t *scale, const linnet_requant_t *requant, int8_t *out,
    uint32_t n, uint32_t step) {
    for (; n > 0; n--, out += step) {
        const int32_t y = linnet_requant((int32_t)*sums++, (int32_t)scale->range, (int32_t)scale->offset);
        *out = (int8_t)linnet_clamp(linnet_wrapping_add(y, requant->output_zero_point), requant->act_min, requant->act_max);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_plane_t s = linnet_plane(w);
    const linnet_xtensa_depthwise_t *channels = (const linnet_xtensa_depthwise_t *)(const void *)call->data;
    const uint32_t n_lines = linnet_axis_inside(&s.cross, s.lines), length = linnet_axis_inside(&s.line, s.length);
    uint32_t *sums = (uint32_t *)(void *)call->scratch;
    uint8_t *plane = (uint8_t *)(sums + s.line.out);  // (lines, length)
    const uint8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    memset(plane, params->requant.input_zero_point + 128, s.length * s.lines);
    for (uint32_t b = 0; b < w->batches; b++) {
        for (uint32_t c = 0; c < w->in_c; c++) {
            const linnet_xtensa_depthwise_t *channel = &channels[c];
            for (uint32_t v = 0; v < n_lines; v++) {
                copy(plane + (s.cross.pad + v) * s.length + s.line.pad, image + v * s.cross.step + c, s.line.step, length);
            }
            const uint8_t *in = plane;
            int8_t *line = out + c;
            for (uint32_t v = 0; v < s.cross.out; v++, in += s.cross.stride * s.length, line += s.cross.out_step) {
                linnet_xtensa_line(in, s.length, channel, sums, s.line.out, s.line.stride);
                if (channel->is_exact) {
                    finish_exact(sums, &channel->scale, &params->requant, line, s.line.out, s.line.out_step);
                } else {
                    linnet_xtensa_finish_line(sums, &channel->scale, line, s.line.out, s.line.out_step);
                }
            }
        }
        image += (uint32_t)w->in_h * w->in_w * w->in_c;
        out += (uint32_t)w->out_h * w->out_w * w->out_c;
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_xtensa_kernel
    = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
