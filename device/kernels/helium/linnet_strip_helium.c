// Filling a strip, row by row of the input.

#include <string.h>

#include "linnet_strip_helium.h"

#if LINNET_HAS(HELIUM)

void linnet_helium_strips(linnet_helium_strips_t *strips, const linnet_window_params_t *params, int8_t *first,
    uint32_t n_strips) {
    const linnet_window_t *w = &params->window;
    const uint32_t columns = linnet_helium_columns(w);
    const uint32_t column_bytes = linnet_helium_column_bytes(w);
    strips->params = params;
    strips->bytes = linnet_helium_strip_bytes(w);
    strips->n = columns <= w->pad_left ? 0 : columns - w->pad_left < w->in_w ? columns - w->pad_left : w->in_w;
    strips->per_vector = 0;
    memset(strips->offsets, 0, sizeof(strips->offsets));
    memset(strips->fill, params->requant.input_zero_point, sizeof(strips->fill));
    memset(first, params->requant.input_zero_point, n_strips * strips->bytes);
    if (w->in_c >= 16 || w->kernel_h == 1) {
        return;
    }
    // Offsets are bytes.
    const uint32_t reach = (256u - w->in_c) / column_bytes + 1;
    strips->per_vector = 16u / w->in_c < reach ? 16u / w->in_c : reach;
    for (uint32_t i = 0; i < strips->per_vector * w->in_c; i++) {
        strips->offsets[i] = (uint8_t)(i / w->in_c * column_bytes + i % w->in_c);
    }
}

void linnet_helium_strip(const linnet_helium_strips_t *strips, const int8_t *image, uint32_t y, int8_t *strip) {
    const linnet_window_t *w = &strips->params->window;
    const uint32_t column_bytes = linnet_helium_column_bytes(w);
    const uint32_t row_bytes = (uint32_t)w->in_w * w->in_c;
    const uint32_t per_vector = strips->per_vector;
    linnet_helium_columns_t c = { strip + w->pad_left * column_bytes, NULL, column_bytes, w->in_c, strips->n, w->in_c, 0,
        strips->offsets };
    if (w->kernel_h == 1) {
        // One piece.
        c.target_step = c.source_step = c.n_bytes = 16;
        c.n = strips->n * w->in_c / 16;
        c.last_bytes = strips->n * w->in_c % 16;
    } else if (per_vector > 0) {
        c.target_step = per_vector * column_bytes;
        c.source_step = c.n_bytes = per_vector * w->in_c;
        c.n = strips->n / per_vector;
        c.last_bytes = strips->n % per_vector * w->in_c;
    }
    const uint32_t source_step = c.source_step;
    int32_t in_y = (int32_t)(y * w->stride_h) - w->pad_top;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, in_y++) {
        const int inside = in_y >= 0 && in_y < w->in_h;
        c.source = inside ? image + (uint32_t)in_y * row_bytes : strips->fill;
        c.source_step = inside ? source_step : 0;
        if (per_vector > 0) {
            linnet_helium_scatter(&c);
            c.target += w->in_c;
        } else if (w->kernel_h == 1) {
            linnet_helium_blocks(&c);
        } else {
            for (uint32_t done = 0; done < w->in_c; done += 16, c.target += c.n_bytes, c.source += inside ? 16 : 0) {
                c.n_bytes = w->in_c - done < 16 ? w->in_c - done : 16u;
                linnet_helium_blocks(&c);
            }
        }
    }
}

#endif
