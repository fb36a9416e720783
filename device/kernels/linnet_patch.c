// Gathers the input under one window into contiguous bytes.

#include <string.h>

#include "linnet_kernel.h"

void linnet_patch(const linnet_window_t *window, const int8_t *image, uint32_t out_y, uint32_t out_x, int8_t fill,
    int8_t *patch) {
    const uint32_t channels = window->in_c;
    const int32_t top = (int32_t)(out_y * window->stride_h) - window->pad_top;
    const int32_t left = (int32_t)(out_x * window->stride_w) - window->pad_left;
    for (int32_t ky = 0; ky < window->kernel_h; ky++) {
        int32_t y = top + ky * window->dilation_h;
        for (int32_t kx = 0; kx < window->kernel_w; kx++, patch += channels) {
            int32_t x = left + kx * window->dilation_w;
            if (y < 0 || y >= window->in_h || x < 0 || x >= window->in_w) {
                memset(patch, fill, channels);
            } else {
                memmove(patch, image + ((uint32_t)y * window->in_w + (uint32_t)x) * channels, channels);
            }
        }
    }
}
