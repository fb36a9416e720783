// TRANSPOSE_CONV: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c). TFLite's reference/transpose_conv.h adds each
// input to the outputs it reaches; here each output gathers its inputs, in the same order.

#include "linnet_float32.h"

typedef struct {
    linnet_window_t window;  // pads, strides and kernel as of the convolution that makes the input of the output
    linnet_layer_t layer;
} linnet_transpose_conv_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_transpose_conv_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    if (!linnet_window_ok(w) || !linnet_layer_ok(&p->layer) || p->layer.groups != 1 || w->dilation_h != 1 || w->dilation_w != 1
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > 1u << 24) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits_float(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t taps = (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
    return call->operator->data_bytes == linnet_layer_bytes(&p->layer, w->out_c, taps) ? LINNET_OK : LINNET_ERR_DATA;
}

// Inputs first ... end - 1 along one axis reach output `at`, which counts the padding.
static linnet_taps_t reaching(uint32_t at, uint32_t kernel, uint32_t stride, uint32_t size) {
    linnet_taps_t inputs = { at < kernel ? 0 : (at - kernel) / stride + 1, at / stride + 1 };
    inputs.end = inputs.end < size ? inputs.end : size;
    return inputs;
}

static void run(const linnet_call_t *call) {
    const linnet_transpose_conv_float32_params_t *p = call->params;
    const linnet_window_t *w = &p->window;
    const linnet_layer_data_t data = linnet_layer_data(&p->layer, call->data, w->out_c);
    const uint32_t pitch = (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
    const float *image = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = w->pad_top; y < (uint32_t)w->out_h + w->pad_top; y++) {
            const linnet_taps_t rows = reaching(y, w->kernel_h, w->stride_h, w->in_h);
            for (uint32_t x = w->pad_left; x < (uint32_t)w->out_w + w->pad_left; x++, out += w->out_c) {
                const linnet_taps_t columns = reaching(x, w->kernel_w, w->stride_w, w->in_w);
                for (uint32_t o = 0, lines; o < w->out_c; o += lines) {
                    float total[LINNET_LINES] = { 0 };
                    lines = w->out_c - o < LINNET_LINES ? 1 : LINNET_LINES;
                    for (uint32_t in_y = rows.first; in_y < rows.end; in_y++) {
                        for (uint32_t in_x = columns.first; in_x < columns.end; in_x++) {
                            const uint32_t tap = (y - in_y * w->stride_h) * w->kernel_w + x - in_x * w->stride_w;
                            linnet_dots(&p->layer, data.weights, o * pitch + tap * w->in_c, pitch,
                                image + (in_y * w->in_w + in_x) * w->in_c, w->in_c, lines, total);
                        }
                    }
                    linnet_layer_finish(&p->layer, &data, o, lines, total, out + o);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_transpose_conv_float32_kernel
    = { 1, 1, sizeof(linnet_transpose_conv_float32_params_t), check, NULL, run };
