// Camera images into a model's input: crop, scale, letterbox, convert and quantize in one pass, integers only.
// Not an operator: the binding calls it (binding/mod_image.c), the host's tests through ctypes. Python: device/linnet/images.py.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { LINNET_IMAGE_MAX_PIXELS = 4095 };  // of a side: sums of a whole image then fit into 32 bits

enum {
    LINNET_IMAGE_GRAY = 1,
    LINNET_IMAGE_RGB565 = 2,  // the low byte first, as OpenMV has it since firmware 4.0
    LINNET_IMAGE_RGB888 = 3,
    LINNET_IMAGE_RGB565_BIG = 4,  // the high byte first
};

enum { LINNET_IMAGE_NEAREST, LINNET_IMAGE_SMOOTH };

// All of int32_t: Python fills an array("i").
typedef struct {
    int32_t width, height, format;          // of the image
    int32_t x, y, w, h;                     // the part of it that is taken
    int32_t out_w, out_h, channels;         // of the output: 1 (gray) or 3 (red, green, blue)
    int32_t to_x, to_y, to_w, to_h;         // where in the output that part goes; padding surrounds it
    int32_t pad;                            // 0 ... 255, before the table
    int32_t scaling;                        // smooth: between pixels, or their mean where two or more become one
    int32_t element_bytes;                  // of the output and the table: 1, 2 or 4
} linnet_image_t;

// NULL, or what is wrong. The sizes are those of the buffers.
const char *linnet_image_check(const linnet_image_t *p, size_t image_bytes, size_t table_bytes, size_t out_bytes);

// table: (channels, 256) elements, what each value 0 ... 255 becomes. out: (out_h, out_w, channels). Checked before.
void linnet_image_convert(const linnet_image_t *p, const uint8_t *image, const uint8_t *table, uint8_t *out);

// How many of n bytes differ by more than threshold.
uint32_t linnet_image_changed(const uint8_t *a, const uint8_t *b, size_t n, uint32_t threshold);
