// Filling a strip, row by row of the input.

#include "linnet_strip_helium.h"

#if LINNET_IS(HELIUM)
#include <arm_mve.h>
#endif

#if LINNET_HAS(HELIUM)

// Columns of a row of the input, or, without a source, of the zero point.
typedef struct {
    int8_t *target;
    uint32_t target_step;
    const int8_t *source;
    uint32_t n, n_bytes;  // of a column
    int8_t fill;
} columns_t;

#if LINNET_IS(HELIUM)

// Columns of fewer than 16 bytes: as many at a time as fill a vector, each byte sent to where it belongs.
static void scatter_columns(const columns_t *c) {
    uint32_t per_vector = 16 / c->n_bytes;
    const uint32_t reach = 255 / c->target_step;
    per_vector = per_vector > reach ? reach + 1 : per_vector;
    per_vector = per_vector > c->n ? c->n : per_vector;
    uint8_t at[16];
    uint32_t k = 0;
    for (uint32_t i = 0; i < per_vector; i++) {
        for (uint32_t j = 0; j < c->n_bytes; j++) {
            at[k++] = (uint8_t)(i * c->target_step + j);
        }
    }
    const uint32_t bytes = k;
    for (; k < 16; k++) {
        at[k] = 0;
    }
    const uint8x16_t offsets = vldrbq_u8(at);
    const uint32_t step = per_vector * c->target_step;
    const int8_t *source = c->source;
    int8_t *target = c->target;
    int8x16_t bytes_at_hand = vdupq_n_s8(c->fill);
    for (int32_t left = (int32_t)(c->n * c->n_bytes); left > 0; left -= (int32_t)bytes, target += step) {
        const mve_pred16_t lanes = vctp8q((uint32_t)left < bytes ? (uint32_t)left : bytes);
        if (source != NULL) {
            bytes_at_hand = vldrbq_z_s8(source, lanes);
            source += bytes;
        }
        vstrbq_scatter_offset_p_s8(target, offsets, bytes_at_hand, lanes);
    }
}

static void copy_columns(const columns_t *c) {
    if (c->n_bytes < 16) {
        scatter_columns(c);
        return;
    }
    int8_t *target = c->target;
    const int8_t *source = c->source;
    for (uint32_t i = c->n; i > 0; i--, target += c->target_step) {
        if (source == NULL) {
            for (uint32_t j = 0; j < c->n_bytes; j++) {
                target[j] = c->fill;
            }
        } else {
            linnet_helium_copy(target, source, c->n_bytes);
            source += c->n_bytes;
        }
    }
}

#else

static void copy_columns(const columns_t *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        for (uint32_t j = 0; j < c->n_bytes; j++) {
            c->target[i * c->target_step + j] = c->source == NULL ? c->fill : c->source[i * c->n_bytes + j];
        }
    }
}

#endif

void linnet_helium_strip(const linnet_window_params_t *params, const int8_t *image, uint32_t y, int8_t *strip) {
    const linnet_window_t *w = &params->window;
    const uint32_t columns = linnet_helium_columns(w);
    if (columns <= w->pad_left) {
        return;
    }
    const uint32_t column_bytes = linnet_helium_column_bytes(w);
    const uint32_t wanted = columns - w->pad_left;
    columns_t c = { strip + w->pad_left * column_bytes, column_bytes, NULL, wanted < w->in_w ? wanted : w->in_w, w->in_c,
        (int8_t)params->requant.input_zero_point };
    int32_t in_y = (int32_t)(y * w->stride_h) - w->pad_top;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++, in_y++, c.target += w->in_c) {
        const int inside = in_y >= 0 && in_y < w->in_h;
        c.source = inside ? image + (uint32_t)in_y * w->in_w * w->in_c : NULL;
        copy_columns(&c);
    }
}

#endif
