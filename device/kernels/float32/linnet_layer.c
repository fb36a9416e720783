// The constants of layers with weights in single precision, and the sums they are for.

#include "linnet_float32.h"

int linnet_layer_ok(const linnet_layer_t *layer) {
    return linnet_range_ok(layer->act_min, layer->act_max) && layer->groups != 0 && layer->weights < LINNET_N_WEIGHTS && layer->reserved == 0;
}

uint64_t linnet_layer_bytes(const linnet_layer_t *layer, uint64_t n, uint64_t weights) {
    const uint32_t size = layer->weights == LINNET_WEIGHTS_FLOAT32 ? 4 : layer->weights == LINNET_WEIGHTS_FLOAT16 ? 2 : 1;
    return n * sizeof(float) * (layer->weights == LINNET_WEIGHTS_INT8 ? 2 : 1) + n * weights * size;
}

linnet_layer_data_t linnet_layer_data(const linnet_layer_t *layer, const uint8_t *data, uint32_t n) {
    const float *bias = (const float *)(const void *)data;
    const int is_int8 = layer->weights == LINNET_WEIGHTS_INT8;
    const linnet_layer_data_t found = { bias, is_int8 ? bias + n : NULL, is_int8 ? bias + 2 * n : bias + n };
    return found;
}

float linnet_widen_rare(uint32_t half) {
    const uint32_t magnitude = half & 0x7fff;
    const uint32_t bits = magnitude < 0x0400 ? linnet_bits_of((float)(int32_t)magnitude * 0x1p-24f)
                                             : 0x7f800000 | (magnitude & 0x3ff) << 13;
    return linnet_from_bits((half & 0x8000) << 16 | bits);
}

// Four lines share each load of x; a line's products are added in order.
#define DEFINE_DOTS(name, type, widen) \
    static void name##_line(const float *x, uint32_t n, const type *w, float *total) { \
        float t = *total; \
        for (const float *end = x + n; x != end; x++) { \
            t += *x * widen(*w++); \
        } \
        *total = t; \
    } \
    static void name(const float *x, uint32_t n, const type *w, uint32_t pitch, float *total) { \
        const type *w0 = w, *w1 = w0 + pitch, *w2 = w1 + pitch, *w3 = w2 + pitch; \
        float t0 = total[0], t1 = total[1], t2 = total[2], t3 = total[3]; \
        for (const float *end = x + n; x != end; x++) { \
            const float xi = *x; \
            t0 += xi * widen(*w0++); \
            t1 += xi * widen(*w1++); \
            t2 += xi * widen(*w2++); \
            t3 += xi * widen(*w3++); \
        } \
        total[0] = t0, total[1] = t1, total[2] = t2, total[3] = t3; \
    }

DEFINE_DOTS(dots_float32, float, )
DEFINE_DOTS(dots_float16, uint16_t, linnet_widen)
DEFINE_DOTS(dots_int8, int8_t, (float))

#define DOTS(name, type) \
    do { \
        const type *w = (const type *)weights + first; \
        if (lines == 1) { \
            name##_line(x, n, w, total); \
        } else { \
            name(x, n, w, pitch, total); \
        } \
    } while (0)

void linnet_dots(const linnet_layer_t *layer, const void *weights, uint32_t first, uint32_t pitch, const float *x, uint32_t n,
    uint32_t lines, float *total) {
    switch (layer->weights) {
        case LINNET_WEIGHTS_FLOAT32:
            DOTS(dots_float32, float);
            break;
        case LINNET_WEIGHTS_FLOAT16:
            DOTS(dots_float16, uint16_t);
            break;
        default:
            DOTS(dots_int8, int8_t);
    }
}
