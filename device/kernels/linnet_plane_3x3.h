// A channel of a 3x3 depthwise convolution as a plane with its padding around it, walked along the longer side: its geometry, for
// the cores whose kernels copy a channel out before they compute it.

#ifndef LINNET_PLANE_3X3_H
#define LINNET_PLANE_3X3_H

#include "linnet_kernel.h"

// One axis of the image.
typedef struct {
    uint32_t size, out, pad, stride;
    uint32_t step, out_step;  // bytes from one to the next
} linnet_axis_t;

typedef struct {
    linnet_axis_t line, cross;  // along a line, and from line to line
    uint32_t length;            // of a line in the plane
    uint32_t lines;
} linnet_plane_t;

static inline linnet_plane_t linnet_plane(const linnet_window_t *w) {
    const linnet_axis_t x = { w->in_w, w->out_w, w->pad_left, w->stride_w, w->in_c, w->in_c };
    const linnet_axis_t y = { w->in_h, w->out_h, w->pad_top, w->stride_h, (uint32_t)w->in_w * w->in_c, (uint32_t)w->out_w * w->in_c };
    linnet_plane_t s = { x, y, 0, 0 };
    if (y.out > x.out) {
        s.line = y;
        s.cross = x;
    }
    s.length = (s.line.out - 1) * s.line.stride + 3;
    s.lines = (s.cross.out - 1) * s.cross.stride + 3;
    return s;
}

// How many inputs of an axis lie in `n` places of the plane, the first `pad` of which are padding.
static inline uint32_t linnet_axis_inside(const linnet_axis_t *axis, uint32_t n) {
    const uint32_t room = n > axis->pad ? n - axis->pad : 0;
    return room < axis->size ? room : axis->size;
}

// Whether a hostile window is one of these, and its sizes stay within 32 bits.
static inline int linnet_plane_ok(const linnet_window_t *w) {
    return linnet_window_ok(w) && w->in_c == w->out_c && w->kernel_h == 3 && w->kernel_w == 3 && w->dilation_h == 1 && w->dilation_w == 1
        && ((uint64_t)w->out_h * w->stride_h + 2) * ((uint64_t)w->out_w * w->stride_w + 2) <= 1u << 22;
}

#endif
