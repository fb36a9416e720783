// What is asked of a conversion before it runs, and how much two images differ: linnet_image.h.

#include "linnet_image.h"

static int is_size(int32_t w, int32_t h) {
    return w >= 1 && w <= LINNET_IMAGE_MAX_PIXELS && h >= 1 && h <= LINNET_IMAGE_MAX_PIXELS;
}

// Whether the rectangle lies in one of w by h.
static int is_inside(const int32_t *rectangle, int32_t w, int32_t h) {
    const int32_t *r = rectangle;
    return is_size(r[2], r[3]) && r[0] >= 0 && r[1] >= 0 && r[0] <= w - r[2] && r[1] <= h - r[3];
}

const char *linnet_image_check(const linnet_image_t *p, size_t image_bytes, size_t table_bytes, size_t out_bytes) {
    if (!is_size(p->width, p->height) || !is_size(p->out_w, p->out_h)) {
        return "1 ... 4095 pixels a side";
    }
    if (p->format < LINNET_IMAGE_GRAY || p->format > LINNET_IMAGE_RGB565_BIG || (p->channels != 1 && p->channels != 3)
        || (p->element_bytes != 1 && p->element_bytes != 2 && p->element_bytes != 4) || p->pad < 0 || p->pad > 255) {
        return "format";
    }
    const uint32_t pixel_bytes = p->format == LINNET_IMAGE_RGB565_BIG ? 2 : (uint32_t)p->format;
    if (image_bytes < (uint64_t)(uint32_t)p->width * (uint32_t)p->height * pixel_bytes) {
        return "image too short";
    }
    const uint32_t elements = (uint32_t)p->channels * (uint32_t)p->element_bytes;
    if (table_bytes < 256 * elements || out_bytes < (uint64_t)(uint32_t)p->out_w * (uint32_t)p->out_h * elements) {
        return "table or output too short";
    }
    if (!is_inside(&p->x, p->width, p->height) || !is_inside(&p->to_x, p->out_w, p->out_h)) {
        return "roi outside of the image";
    }
    return NULL;
}

uint32_t linnet_image_changed(const uint8_t *a, const uint8_t *b, size_t n, uint32_t threshold) {
    uint32_t changed = 0;
    for (size_t i = 0; i < n; i++) {
        changed += (uint32_t)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]) > threshold;
    }
    return changed;
}
