// Camera images into a model's input: linnet_image.h. tests/host/image_twin.py has the same in NumPy.

#include "linnet_image.h"

// What stays the same for all rows of an image.
typedef struct {
    const linnet_image_t *p;
    const uint8_t *part;           // its first pixel
    uint32_t pixel_bytes, stride;  // of the image, bytes
    uint32_t step_x, step_y;       // pixels of the image for one of the output, in 1/65536
    const uint8_t *table;
} job_t;

// One pixel: (gray, ...) of a gray image, else (red, green, blue).
static inline void fetch(int32_t format, const uint8_t *at, uint32_t v[3]) {
    if (format == LINNET_IMAGE_GRAY) {
        v[0] = at[0];
    } else if (format == LINNET_IMAGE_RGB888) {
        v[0] = at[0];
        v[1] = at[1];
        v[2] = at[2];
    } else {
        const uint32_t bits = format == LINNET_IMAGE_RGB565 ? (uint32_t)at[1] << 8 | at[0] : (uint32_t)at[0] << 8 | at[1];
        // round(five bits * 255 / 31) and round(six bits * 255 / 63), exactly.
        v[0] = ((bits >> 11) * 527 + 23) >> 6;
        v[1] = ((bits >> 5 & 63) * 259 + 33) >> 6;
        v[2] = ((bits & 31) * 527 + 23) >> 6;
    }
}

static inline void store(uint32_t element_bytes, const uint8_t *entry, uint8_t *out) {
    for (uint32_t i = 0; i < element_bytes; i++) {
        out[i] = entry[i];
    }
}

// Writes a pixel of the image's own channels as one of the output's, and goes on behind it.
static inline uint8_t *put(const job_t *job, const uint32_t v[3], uint8_t *out) {
    const linnet_image_t *p = job->p;
    const uint32_t size = (uint32_t)p->element_bytes;
    const uint8_t *table = job->table;
    if (p->channels == 1) {
        // BT.601
        const uint32_t gray = p->format == LINNET_IMAGE_GRAY ? v[0] : (77 * v[0] + 150 * v[1] + 29 * v[2] + 128) >> 8;
        store(size, table + gray * size, out);
        return out + size;
    }
    const uint32_t red = v[0], green = p->format == LINNET_IMAGE_GRAY ? red : v[1];
    const uint32_t blue = p->format == LINNET_IMAGE_GRAY ? red : v[2];
    if (size == 1) {
        out[0] = table[red];
        out[1] = table[256 + green];
        out[2] = table[512 + blue];
        return out + 3;
    }
    store(size, table + red * size, out);
    store(size, table + (256 + green) * size, out + size);
    store(size, table + (512 + blue) * size, out + 2 * size);
    return out + 3 * size;
}

// Row i of those that the part becomes, each pixel the one whose middle lies nearest.
static uint8_t *nearest_row(const job_t *job, uint32_t i, uint8_t *out) {
    const uint8_t *from = job->part + ((job->step_y * i + job->step_y / 2) >> 16) * job->stride;
    uint32_t x = job->step_x / 2, v[3] = { 0, 0, 0 };
    for (int32_t k = 0; k < job->p->to_w; k++, x += job->step_x) {
        fetch(job->p->format, from + (x >> 16) * job->pixel_bytes, v);
        out = put(job, v, out);
    }
    return out;
}

typedef struct {
    uint32_t near, far, weight;  // the weight of far, of 256
} between_t;

// The two of n pixels that pixel i of the output lies between, middle upon middle.
static inline between_t between(uint32_t i, uint32_t step, uint32_t n) {
    const uint32_t middle = step * i + step / 2, at = middle > 1 << 15 ? middle - (1 << 15) : 0;
    const uint32_t near = at >> 16;
    return (between_t) { near, near + 1 < n ? near + 1 : near, at >> 8 & 255 };
}

static uint8_t *bilinear_row(const job_t *job, uint32_t i, uint8_t *out) {
    const linnet_image_t *p = job->p;
    const between_t y = between(i, job->step_y, (uint32_t)p->h);
    const uint8_t *above = job->part + y.near * job->stride, *below = job->part + y.far * job->stride;
    const uint32_t n = p->format == LINNET_IMAGE_GRAY ? 1 : 3;
    for (uint32_t k = 0; k < (uint32_t)p->to_w; k++) {
        const between_t x = between(k, job->step_x, (uint32_t)p->w);
        const uint32_t near = x.near * job->pixel_bytes, far = x.far * job->pixel_bytes;
        uint32_t a[3], b[3], c[3], d[3], v[3] = { 0, 0, 0 };
        fetch(p->format, above + near, a);
        fetch(p->format, above + far, b);
        fetch(p->format, below + near, c);
        fetch(p->format, below + far, d);
        for (uint32_t m = 0; m < n; m++) {
            const uint32_t top = a[m] * (256 - x.weight) + b[m] * x.weight;
            const uint32_t bottom = c[m] * (256 - x.weight) + d[m] * x.weight;
            v[m] = (top * (256 - y.weight) + bottom * y.weight + (1 << 15)) >> 16;
        }
        out = put(job, v, out);
    }
    return out;
}

// Adds n pixels of a row.
static inline void add(int32_t format, uint32_t pixel_bytes, const uint8_t *at, uint32_t n, uint32_t sum[3]) {
    uint32_t red = 0, green = 0, blue = 0, v[3];
    for (const uint8_t *end = at + n * pixel_bytes; at < end; at += pixel_bytes) {
        fetch(format, at, v);
        red += v[0];
        if (format != LINNET_IMAGE_GRAY) {
            green += v[1];
            blue += v[2];
        }
    }
    sum[0] += red;
    sum[1] += green;
    sum[2] += blue;
}

// Each pixel the mean of those that it stands for.
static uint8_t *mean_row(const job_t *job, uint32_t i, uint8_t *out) {
    const linnet_image_t *p = job->p;
    const uint32_t w = (uint32_t)p->w, h = (uint32_t)p->h, to_w = (uint32_t)p->to_w, to_h = (uint32_t)p->to_h;
    const uint32_t y0 = i * h / to_h, y_end = (i + 1) * h / to_h, rows = y_end > y0 ? y_end - y0 : 1;
    for (uint32_t k = 0, x0 = 0, x_end; k < to_w; k++, x0 = x_end) {
        x_end = (k + 1) * w / to_w;
        const uint32_t columns = x_end > x0 ? x_end - x0 : 1, n = rows * columns;
        uint32_t sum[3] = { 0, 0, 0 };
        const uint8_t *at = job->part + y0 * job->stride + x0 * job->pixel_bytes;
        for (uint32_t y = 0; y < rows; y++, at += job->stride) {
            if (p->format == LINNET_IMAGE_RGB565) {  // so that the loop knows its format
                add(LINNET_IMAGE_RGB565, 2, at, columns, sum);
            } else if (p->format == LINNET_IMAGE_GRAY) {
                add(LINNET_IMAGE_GRAY, 1, at, columns, sum);
            } else {
                add(p->format, job->pixel_bytes, at, columns, sum);
            }
        }
        for (uint32_t m = 0; m < 3; m++) {
            sum[m] = (sum[m] + n / 2) / n;
        }
        out = put(job, sum, out);
    }
    return out;
}

static uint8_t *padding(const job_t *job, int32_t n_pixels, uint8_t *out) {
    const uint32_t size = (uint32_t)job->p->element_bytes;
    for (; n_pixels > 0; n_pixels--) {
        for (uint32_t c = 0; c < (uint32_t)job->p->channels; c++, out += size) {
            store(size, job->table + (256 * c + (uint32_t)job->p->pad) * size, out);
        }
    }
    return out;
}

void linnet_image_convert(const linnet_image_t *p, const uint8_t *image, const uint8_t *table, uint8_t *out) {
    const uint32_t w = (uint32_t)p->w, h = (uint32_t)p->h, to_w = (uint32_t)p->to_w, to_h = (uint32_t)p->to_h;
    const uint32_t pixel_bytes = p->format == LINNET_IMAGE_RGB565_BIG ? 2 : (uint32_t)p->format;
    const uint32_t stride = (uint32_t)p->width * pixel_bytes;
    const job_t job = {
        p, image + (uint32_t)p->y * stride + (uint32_t)p->x * pixel_bytes, pixel_bytes, stride, (w << 16) / to_w, (h << 16) / to_h, table,
    };
    const int is_nearest = p->scaling == LINNET_IMAGE_NEAREST || (w == to_w && h == to_h);
    const int is_mean = w >= 2 * to_w || h >= 2 * to_h;
    out = padding(&job, p->to_y * p->out_w, out);
    for (uint32_t i = 0; i < to_h; i++) {
        out = padding(&job, p->to_x, out);
        out = is_nearest ? nearest_row(&job, i, out) : is_mean ? mean_row(&job, i, out) : bilinear_row(&job, i, out);
        out = padding(&job, p->out_w - p->to_x - p->to_w, out);
    }
    padding(&job, (p->out_h - p->to_y - p->to_h) * p->out_w, out);
}
