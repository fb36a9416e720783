// A strip holds the input under one row of outputs, column by column: (columns, kernel_h, in_c). The window of a pixel is then
// kernel_w * kernel_h * in_c bytes on end, padding included.

#ifndef LINNET_STRIP_HELIUM_H
#define LINNET_STRIP_HELIUM_H

#include "linnet_helium.h"

// What all strips of a layer have in common.
typedef struct {
    const linnet_window_params_t *params;
    uint32_t bytes;        // of a strip, with room to read a block too far
    uint32_t n;            // columns that the input has
    uint32_t per_vector;   // columns to a vector, each byte sent to where it belongs; 0: columns are copied block by block
    uint8_t offsets[16];   // where the bytes of a vector go
    int8_t fill[16];
} linnet_helium_strips_t;

static inline uint32_t linnet_helium_columns(const linnet_window_t *w) {
    return (uint32_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
}

static inline uint32_t linnet_helium_column_bytes(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->in_c;
}

static inline uint32_t linnet_helium_strip_bytes(const linnet_window_t *w) {
    return linnet_helium_up(linnet_helium_columns(w) * linnet_helium_column_bytes(w) + LINNET_HELIUM_BLOCK - 1, 16);
}

// Fills `n_strips` strips with the zero point: padding to the left and right stays.
void linnet_helium_strips(linnet_helium_strips_t *strips, const linnet_window_params_t *params, int8_t *first,
    uint32_t n_strips);

// Writes the input under output row y of an image, where there is any.
void linnet_helium_strip(const linnet_helium_strips_t *strips, const int8_t *image, uint32_t y, int8_t *strip);

#endif
