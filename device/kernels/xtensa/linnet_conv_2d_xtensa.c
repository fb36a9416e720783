// CONV_2D tuned for Xtensa: pixel by pixel, as the portable kernel.

#include "linnet_xtensa.h"

#if LINNET_HAS(XTENSA)

#include <string.h>

static uint32_t n_inputs(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant)
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > LINNET_XTENSA_MAX_INPUTS) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_xtensa_matrix_t matrix = { .n_outputs = w->out_c, .n_inputs = n_inputs(w) };
    return linnet_xtensa_matrix_ok(&matrix, call) ? LINNET_OK : LINNET_ERR_DATA;
}

// A 1x1 window without padding lies in the input, to be read by words.
static int is_direct(const linnet_window_t *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->pad_top == 0 && w->pad_left == 0 && w->in_c % LINNET_XTENSA_STEP == 0
        && (uint32_t)(w->out_h - 1) * w->stride_h < w->in_h && (uint32_t)(w->out_w - 1) * w->stride_w < w->in_w;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    const uint32_t n = n_inputs(w);
    return linnet_xtensa_matrix_scratch(n) + (is_direct(w) ? 0 : linnet_xtensa_padded(n));
}

// A window without dilation to (kernel_h, kernel_w, in_c), a row of it at a time.
static void gather(const linnet_window_t *w, const int8_t *image, uint32_t out_y, uint32_t out_x, int8_t fill, int8_t *patch) {
    const uint32_t c = w->in_c;
    const int32_t left = (int32_t)(out_x * w->stride_w) - w->pad_left;
    const int32_t from = left < 0 ? 0 : left, end = left + w->kernel_w < w->in_w ? left + w->kernel_w : w->in_w;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, patch += w->kernel_w * c) {
        const uint32_t in_y = out_y * w->stride_h + ky - w->pad_top;
        const int is_inside = in_y < w->in_h && from < end;
        if (!is_inside || end - from < w->kernel_w) {
            memset(patch, fill, w->kernel_w * c);
        }
        if (is_inside) {
            memmove(patch + (uint32_t)(from - left) * c, image + (in_y * w->in_w + (uint32_t)from) * c, (uint32_t)(end - from) * c);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const uint32_t n = n_inputs(w);
    const int8_t fill = (int8_t)params->requant.input_zero_point;
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    int8_t *patch = (int8_t *)call->scratch + linnet_xtensa_matrix_scratch(n);
    int8_t *out = linnet_output(call, 0);         // (out_c) of the pixel at hand
    const int direct = is_direct(w);
    linnet_xtensa_matrix_t matrix = { .n_outputs = w->out_c, .n_inputs = n, .requant = &params->requant };
    linnet_xtensa_matrix_open(&matrix, call, call->scratch);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
                const int8_t *in = patch;
                if (direct) {
                    in = image + (y * w->stride_h * w->in_w + x * w->stride_w) * w->in_c;
                } else if (w->dilation_h == 1 && w->dilation_w == 1) {
                    gather(w, image, y, x, fill, patch);
                } else {
                    linnet_patch(w, image, y, x, fill, patch);
                }
                linnet_xtensa_multiply(&matrix, in, out);
            }
        }
    }
}

const linnet_kernel_t linnet_conv_2d_xtensa_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
