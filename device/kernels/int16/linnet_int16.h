// What the operators on int16 share: activations of 16 bits with zero point 0, weights of 8.

#ifndef LINNET_INT16_H
#define LINNET_INT16_H

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

// How the sums of a layer are kept and requantized: the packer knows the weights, and so how large they get.
typedef enum {
    LINNET_SUMS_SHORT = 0,   // within 32 bits, rounded once: multipliers of 15 bits, shifts -31 ... -2
    LINNET_SUMS_LONG = 1,    // beyond, rounded once: multipliers of 15 bits, shifts -31 ... 7
    LINNET_SUMS_DOUBLE = 2,  // of a layer whose bias is int32: wrap at 32 bits, rounded as int8's are, shifts -31 ... 30
} linnet_sums_t;

// The end of the params of every layer with weights.
typedef struct {
    uint32_t sums;
    int16_t act_min, act_max;
} linnet_finish_t;

typedef struct {
    linnet_window_t window;
    linnet_finish_t finish;
} linnet_window_int16_params_t;

// Per output channel, as they lie in the data: bias (n) int32, with long sums (n, 2) low and high word; multiplier (n) int32;
// shift (n) int8.
typedef struct {
    const uint32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    linnet_finish_t finish;
} linnet_channels_int16_t;

// Of a depthwise window, or of a run of a dot product: so many products add up within 32 bits.
#define LINNET_MAX_TAPS 511

static inline int32_t linnet_wide_bias(uint32_t sums) {
    return sums == LINNET_SUMS_LONG;
}

// Bytes of the channels in the data.
static inline uint64_t linnet_channels_int16_bytes(uint32_t sums, uint64_t n) {
    return ((linnet_wide_bias(sums) ? 13 : 9) * n + 15) & ~(uint64_t)15;
}

static inline linnet_channels_int16_t linnet_channels_int16(const uint8_t *data, const linnet_finish_t *finish, uint32_t n) {
    linnet_channels_int16_t channels;
    channels.bias = (const uint32_t *)(const void *)data;
    channels.multiplier = (const int32_t *)(const void *)(channels.bias + (linnet_wide_bias(finish->sums) ? 2 * n : n));
    channels.shift = (const int8_t *)(const void *)(channels.multiplier + n);
    channels.finish = *finish;
    return channels;
}

// TFLite's MultiplyByQuantizedMultiplier of an int64_t: multiplier of 15 bits, rounded once, shift -31 ... 7 (positive: left).
static inline int32_t linnet_requant_long(int64_t x, int32_t multiplier, int32_t shift) {
    uint64_t product = (uint64_t)x * (uint64_t)multiplier + ((uint64_t)1 << (14 - shift));
    return (int32_t)((int64_t)product >> (15 - shift));
}

// The same of 32 bits, shift -31 ... -2: the low 16 bits of the product never matter.
static inline int32_t linnet_requant_short(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t high = (x >> 16) * multiplier + (int32_t)(((uint32_t)x & 0xffff) * (uint32_t)multiplier >> 16);
    return (high + ((int32_t)1 << (-2 - shift))) >> (-1 - shift);
}

// linnet_requant of a short x, without 64 bits where it does not shift to the left. multiplier >= 0.
static inline int32_t linnet_requant_int16(int32_t x, int32_t multiplier, int32_t shift) {
    if (shift > 0) {
        return linnet_requant(x, multiplier, shift);
    }
    int32_t high = x * (multiplier >> 16) + (x * (multiplier & 0xffff) >> 16);
    return linnet_rounding_shift((high + (1 << 14)) >> 15, (uint32_t)-shift);
}

// Pieces (linnet_int16.c) -----------------------------------------------------------------------------------

// A known kind of sums, act_min <= act_max.
int linnet_finish_ok(const linnet_finish_t *finish);

// n multipliers and shifts within what the kind of sums allows.
int linnet_channels_int16_ok(const linnet_channels_int16_t *channels, uint32_t n);

// The int16 input and output of an operator with a window have its sizes.
int linnet_window_fits_int16(const linnet_window_t *window, const linnet_call_t *call);

// Copies the window of output pixel (out_y, out_x) of one image (in_h, in_w, in_c) to patch (kernel_h, kernel_w, in_c), with
// zeros outside the image.
void linnet_patch_int16(const linnet_window_t *window, const int16_t *image, uint32_t out_y, uint32_t out_x, int16_t *patch);

// y[i] = output of channel first + i, whose products add up to sums[i]; n of them.
void linnet_finish_int16(const int32_t *sums, uint32_t first, uint32_t n, const linnet_channels_int16_t *channels, int16_t *y);

// y[o] = finished sum over i of x[i] * weights[o][i]; x (n), weights (out_n, n), y (out_n).
void linnet_matvec_int16(const int16_t *x, uint32_t n, const int8_t *weights, const linnet_channels_int16_t *channels,
    uint32_t out_n, int16_t *y);

#endif
