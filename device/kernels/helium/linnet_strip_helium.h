// A strip holds the input under one row of outputs, column by column: (columns, kernel_h, in_c). The window of a pixel is then
// kernel_w * kernel_h * in_c bytes on end, padding included.

#ifndef LINNET_STRIP_HELIUM_H
#define LINNET_STRIP_HELIUM_H

#include "linnet_helium.h"

static inline uint32_t linnet_helium_columns(const linnet_window_t *w) {
    return (uint32_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
}

static inline uint32_t linnet_helium_column_bytes(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->in_c;
}

// With room to read a block too far.
static inline uint32_t linnet_helium_strip_bytes(const linnet_window_t *w) {
    return linnet_helium_up(linnet_helium_columns(w) * linnet_helium_column_bytes(w) + LINNET_HELIUM_BLOCK - 1, 16);
}

// Writes the input under output row y of an image where there is any; padding to the left and right is in the strip already.
void linnet_helium_strip(const linnet_window_params_t *params, const int8_t *image, uint32_t y, int8_t *strip);

#endif
