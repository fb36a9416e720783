// MAX_POOL_2D tuned for Helium: 16 channels at a time.

#include "linnet_helium.h"
#include "../linnet_pool.h"
#include "../linnet_requant.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

// n <= 16 channels of a window of rows and columns to out.
static void greatest(const int8_t *in, uint32_t n_rows, uint32_t n_columns, const linnet_window_t *w, uint32_t n,
    const linnet_requant_t *requant, int8_t *out) {
    const uint32_t row_bytes = (uint32_t)w->in_w * w->in_c;
#if LINNET_IS(HELIUM)
    const mve_pred16_t lanes = vctp8q(n);
    int8x16_t most = vdupq_n_s8((int8_t)requant->act_min);
    for (; n_rows > 0; n_rows--, in += row_bytes) {
        const int8_t *pixel = in;
        for (uint32_t x = n_columns; x > 0; x--, pixel += w->in_c) {
            most = vmaxq_s8(most, vldrbq_z_s8(pixel, lanes));
        }
    }
    vstrbq_p_s8(out, vminq_s8(most, vdupq_n_s8((int8_t)requant->act_max)), lanes);
#else
    for (uint32_t c = 0; c < n; c++) {
        int32_t most = requant->act_min;
        for (uint32_t y = 0; y < n_rows; y++) {
            for (uint32_t x = 0; x < n_columns; x++) {
                const int8_t value = in[y * row_bytes + x * w->in_c + c];
                most = value > most ? value : most;
            }
        }
        out[c] = (int8_t)(most < requant->act_max ? most : requant->act_max);
    }
#endif
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            const linnet_span_t rows = linnet_span(y, w->stride_h, w->pad_top, w->kernel_h, w->in_h);
            for (uint32_t x = 0; x < w->out_w; x++, out += w->in_c) {
                const linnet_span_t columns = linnet_span(x, w->stride_w, w->pad_left, w->kernel_w, w->in_w);
                const int8_t *window = image + (rows.first * w->in_w + columns.first) * w->in_c;
                for (uint32_t c = 0; c < w->in_c; c += 16) {
                    const uint32_t n = w->in_c - c < 16 ? w->in_c - c : 16u;
                    greatest(window + c, rows.count, columns.count, w, n, &params->requant, out + c);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_max_pool_2d_helium_kernel
    = { 1, 1, sizeof(linnet_window_params_t), linnet_pool_check, NULL, run };

#endif
