// Camera images into a model's input: linnet_image.h. tests/host/test_openmv_images.py has the same in NumPy.

#include "linnet_image.h"

#include <string.h>

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

// One pixel as (red, green, blue), or as (gray, ...) for an output of one channel.
static inline void fetch(const linnet_image_t *p, const uint8_t *image, uint32_t x, uint32_t y, uint32_t v[3]) {
    const uint32_t at = y * (uint32_t)p->width + x;
    if (p->format == LINNET_IMAGE_GRAY) {
        v[0] = v[1] = v[2] = image[at];
        return;
    }
    if (p->format == LINNET_IMAGE_RGB888) {
        v[0] = image[3 * at];
        v[1] = image[3 * at + 1];
        v[2] = image[3 * at + 2];
    } else {
        const uint32_t high = p->format == LINNET_IMAGE_RGB565;
        const uint32_t bits = (uint32_t)image[2 * at + high] << 8 | image[2 * at + 1 - high];
        // round(five bits * 255 / 31) and round(six bits * 255 / 63), exactly.
        v[0] = ((bits >> 11) * 527 + 23) >> 6;
        v[1] = ((bits >> 5 & 63) * 259 + 33) >> 6;
        v[2] = ((bits & 31) * 527 + 23) >> 6;
    }
    if (p->channels == 1) {
        v[0] = (77 * v[0] + 150 * v[1] + 29 * v[2] + 128) >> 8;  // BT.601
    }
}

static inline uint8_t *store(const linnet_image_t *p, const uint8_t *table, const uint32_t v[3], uint8_t *out) {
    const uint32_t size = (uint32_t)p->element_bytes;
    for (uint32_t c = 0; c < (uint32_t)p->channels; c++, out += size) {
        const uint8_t *entry = table + (256 * c + v[c]) * size;
        for (uint32_t i = 0; i < size; i++) {
            out[i] = entry[i];
        }
    }
    return out;
}

// Where pixel i of n_to lies among n_from, in 1/65536 of a pixel, centre upon centre.
static inline uint32_t centre(uint32_t i, uint32_t n_from, uint32_t n_to) {
    const uint32_t step = (n_from << 16) / n_to;
    return step * i + step / 2;
}

typedef struct {
    uint32_t near, far, weight;  // the weight of far, of 256
} between_t;

static inline between_t between(uint32_t i, uint32_t n_from, uint32_t n_to) {
    const uint32_t middle = centre(i, n_from, n_to), at = middle > 1 << 15 ? middle - (1 << 15) : 0;
    const uint32_t near = at >> 16, far = near + 1 < n_from ? near + 1 : near;
    return (between_t) { near, far, at >> 8 & 255 };
}

static void bilinear(const linnet_image_t *p, const uint8_t *image, between_t x, between_t y, uint32_t v[3]) {
    uint32_t a[3], b[3], c[3], d[3];
    fetch(p, image, x.near, y.near, a);
    fetch(p, image, x.far, y.near, b);
    fetch(p, image, x.near, y.far, c);
    fetch(p, image, x.far, y.far, d);
    for (uint32_t i = 0; i < (uint32_t)p->channels; i++) {
        const uint32_t above = a[i] * (256 - x.weight) + b[i] * x.weight;
        const uint32_t below = c[i] * (256 - x.weight) + d[i] * x.weight;
        v[i] = (above * (256 - y.weight) + below * y.weight + (1 << 15)) >> 16;
    }
}

// The mean of columns x0 ... x1 - 1 of rows y0 ... y1 - 1.
static void mean(const linnet_image_t *p, const uint8_t *image, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1,
    uint32_t v[3]) {
    uint32_t sum[3] = { 0, 0, 0 };
    for (uint32_t y = y0; y < y1; y++) {
        for (uint32_t x = x0; x < x1; x++) {
            uint32_t pixel[3];
            fetch(p, image, x, y, pixel);
            sum[0] += pixel[0];
            if (p->channels == 3) {
                sum[1] += pixel[1];
                sum[2] += pixel[2];
            }
        }
    }
    const uint32_t n = (x1 - x0) * (y1 - y0);
    for (uint32_t i = 0; i < (uint32_t)p->channels; i++) {
        v[i] = (sum[i] + n / 2) / n;
    }
}

static uint8_t *padding(const linnet_image_t *p, const uint8_t *table, int32_t n_pixels, uint8_t *out) {
    const uint32_t v[3] = { (uint32_t)p->pad, (uint32_t)p->pad, (uint32_t)p->pad };
    for (; n_pixels > 0; n_pixels--) {
        out = store(p, table, v, out);
    }
    return out;
}

// Row i of those that the part becomes.
static uint8_t *row(const linnet_image_t *p, const uint8_t *image, const uint8_t *table, uint32_t i, uint8_t *out) {
    const uint32_t left = (uint32_t)p->x, top = (uint32_t)p->y, w = (uint32_t)p->w, h = (uint32_t)p->h;
    const uint32_t to_w = (uint32_t)p->to_w, to_h = (uint32_t)p->to_h;
    const int is_mean = w >= 2 * to_w || h >= 2 * to_h;
    const uint32_t y0 = i * h / to_h, y_end = (i + 1) * h / to_h, y1 = y_end > y0 ? y_end : y0 + 1;
    between_t y = between(i, h, to_h);
    y.near += top;
    y.far += top;
    uint32_t v[3];
    for (uint32_t k = 0, x0 = 0, x_end; k < to_w; k++, x0 = x_end) {
        x_end = (k + 1) * w / to_w;
        if (p->scaling == LINNET_IMAGE_NEAREST || (w == to_w && h == to_h)) {
            fetch(p, image, left + (centre(k, w, to_w) >> 16), top + (centre(i, h, to_h) >> 16), v);
        } else if (is_mean) {
            mean(p, image, left + x0, left + (x_end > x0 ? x_end : x0 + 1), top + y0, top + y1, v);
        } else {
            between_t x = between(k, w, to_w);
            x.near += left;
            x.far += left;
            bilinear(p, image, x, y, v);
        }
        out = store(p, table, v, out);
    }
    return out;
}

void linnet_image_convert(const linnet_image_t *p, const uint8_t *image, const uint8_t *table, uint8_t *out) {
    out = padding(p, table, p->to_y * p->out_w, out);
    for (int32_t i = 0; i < p->to_h; i++) {
        out = padding(p, table, p->to_x, out);
        out = row(p, image, table, (uint32_t)i, out);
        out = padding(p, table, p->out_w - p->to_x - p->to_w, out);
    }
    padding(p, table, (p->out_h - p->to_y - p->to_h) * p->out_w, out);
}

uint32_t linnet_image_changed(const uint8_t *a, const uint8_t *b, size_t n, uint32_t threshold) {
    uint32_t changed = 0;
    for (size_t i = 0; i < n; i++) {
        changed += (uint32_t)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]) > threshold;
    }
    return changed;
}
