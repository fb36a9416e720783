// CONV_2D for armv6m: each output pixel's window is widened to words once, then all outputs are summed over it.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M)

#include "linnet_armv6m.h"

#if LINNET_IS(ARMV6M)
#pragma GCC optimize("Os")  // the loops that matter are in assembly
#endif

// Words of a window are 32 KB at most.
#define MAX_INPUTS 8192u

// Its sizes only.
static linnet_armv6m_matrix_t matrix_of(const linnet_window_params_t *params) {
    const linnet_window_t *w = &params->window;
    const uint32_t n_inputs = (uint32_t)w->kernel_h * w->kernel_w * w->in_c;
    const linnet_armv6m_matrix_t matrix
        = { .n_outputs = w->out_c, .n_inputs = n_inputs, .chunk = n_inputs, .requant = &params->requant };
    return matrix;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant)
        || (uint64_t)w->kernel_h * w->kernel_w * w->in_c > MAX_INPUTS) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    linnet_armv6m_matrix_t matrix = matrix_of(params);
    return linnet_armv6m_matrix_check(&matrix, call);
}

// Each window is copied before it is widened then.
static int is_dilated(const linnet_window_t *w) {
    return w->dilation_h != 1 || w->dilation_w != 1;
}

static uint32_t scratch(const void *params) {
    const linnet_armv6m_matrix_t matrix = matrix_of(params);
    const uint32_t bytes = linnet_armv6m_matrix_scratch(&matrix);
    return is_dilated(&((const linnet_window_params_t *)params)->window) ? bytes + matrix.n_inputs : bytes;
}

static int32_t at_most(int32_t x, int32_t limit) {
    return x < limit ? x : limit;
}

// The taps [first, first + count) of a window of `kernel` that starts at `start` lie inside an axis of `size`.
typedef struct {
    int32_t first, count;
} taps_t;

static taps_t taps(int32_t start, int32_t kernel, int32_t size) {
    const int32_t first = start < 0 ? -start : 0;
    const taps_t inside = { first, at_most(size - start, kernel) - first };
    return inside;
}

// Widens the window (kernel_h, kernel_w, in_c) at (top, left), of which `rows` lie inside the image.
static void widen_window(const linnet_window_t *w, const int8_t *image, int32_t top, int32_t left, taps_t rows, int32_t zero,
    int32_t *words) {
    const uint32_t c = w->in_c;
    const uint32_t row_words = w->kernel_w * c;
    const taps_t columns = taps(left, w->kernel_w, w->in_w);
    if (rows.count < w->kernel_h || columns.count < w->kernel_w) {
        for (uint32_t i = 0; i < w->kernel_h * row_words; i++) {
            words[i] = zero;
        }
        if (rows.count <= 0 || columns.count <= 0) {
            return;
        }
    }
    image += ((uint32_t)(top + rows.first) * w->in_w + (uint32_t)(left + columns.first)) * c;
    words += (uint32_t)rows.first * row_words + (uint32_t)columns.first * c;
    linnet_armv6m_gather(image, words, (uint32_t)columns.count * c, (uint32_t)rows.count, w->in_w * c, row_words);
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    linnet_armv6m_matrix_t matrix = matrix_of(params);
    linnet_armv6m_matrix_open(&matrix, call);
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, in_c)
    int8_t *out = linnet_output(call, 0);         // (out_c) of the pixel at hand
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        int32_t top = -w->pad_top;
        for (uint32_t y = 0; y < w->out_h; y++, top += w->stride_h) {
            const taps_t rows = taps(top, w->kernel_h, w->in_h);
            int32_t left = -w->pad_left;
            for (uint32_t x = 0; x < w->out_w; x++, left += w->stride_w, out += w->out_c) {
                const int8_t *in = NULL;
                if (is_dilated(w)) {
                    int8_t *window = (int8_t *)call->scratch + linnet_armv6m_matrix_scratch(&matrix);
                    linnet_patch(w, image, y, x, (int8_t)params->requant.input_zero_point, window);
                    in = window;
                } else if (w->kernel_h == 1 && w->kernel_w == 1 && rows.count > 0 && (uint32_t)left < w->in_w) {
                    in = image + ((uint32_t)top * w->in_w + (uint32_t)left) * w->in_c;
                } else {
                    widen_window(w, image, top, left, rows, params->requant.input_zero_point, matrix.words);
                }
                linnet_armv6m_multiply(&matrix, in, out);
            }
        }
    }
}

const linnet_kernel_t linnet_conv_2d_armv6m_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
