// What the kernels for Cortex-M with the DSP extension share: inner loops in assembly (linnet_*_armv7em.S), each with a
// portable twin (linnet_twins_armv7em.c) that gives the same bytes on every other build.
//
// Two output channels go into each 16-bit lane of a weight word: lane = even + 256 * odd. Multiplied raw it accumulates
// T = E + 256 * O, sign-extended from its low byte E alone; O = (T - E) / 256 at the end, exact while |O| < 2^23.
// Requantization is SMMLAR(2 * acc, multiplier, addend) >> shift, the addend being 2^(shift - 1) + (zero_point << shift).
// For acc < 0 a tie wants one less: LINNET_ARMV7EM_RELU leaves that out, as the clamp at the zero point hides it.
// FORMAT.md has the layouts, and host/linnet/layouts/armv7em.py proves the ranges, channel by channel. A channel that
// does not fit is an "exact" one: its slot in the stream is idle, and C goes over it once more.

#ifndef LINNET_ARMV7EM_H
#define LINNET_ARMV7EM_H

#include "../linnet_core.h"
#include "../linnet_kernel.h"

// The start of every convolution's and dense layer's data.
typedef struct {
    uint32_t n_exact;
    uint32_t reserved[3];
} linnet_armv7em_head_t;

// multiplier, addend, shift of one channel as they lie in a stream.
typedef struct {
    int32_t multiplier;
    int32_t addend;
    int32_t shift;  // 0 ... 31
} linnet_armv7em_factor_t;

// A channel for C to work out, followed by its weights: int8, padded with 0 to a multiple of 4.
typedef struct {
    uint32_t channel;
    int32_t bias;
    int32_t multiplier;
    int32_t shift;  // TFLite's
    int8_t weights[];
} linnet_armv7em_exact_t;

// Three pixels by all channels: E and T of two channels at a time.
typedef struct {
    const int16_t *act;  // (k / 4, {k0 k2, k1 k3}, 3 pixels) pairs of lanes
    uint32_t rounds;     // of up to four blocks of 4 k, the first block not counted; at least 1
    int8_t *out;         // of pixel 0
    int8_t *end;         // out + the channels to write, a multiple of 2
    uint32_t out_1;      // bytes from out to that of pixel 1, and of pixel 2; they are written 2, 1, 0
    uint32_t out_2;
    uint32_t skip;       // blocks left out of the first round, times LINNET_ARMV7EM_BLOCK_BYTES
} linnet_armv7em_tile_t;

#define LINNET_ARMV7EM_BLOCK_BYTES 68  // of code

void linnet_armv7em_tile(const int32_t *stream, linnet_armv7em_tile_t *tile);
void linnet_armv7em_tile_relu(const int32_t *stream, linnet_armv7em_tile_t *tile);

// n4 words of each of three pixels to a tile's act.
void linnet_armv7em_widen(const int8_t *p0, const int8_t *p1, const int8_t *p2, int16_t *act, uint32_t n4);

// n times n_bytes from source to target, both then moved on by their steps. Multiples of 4 at multiples of 4.
typedef struct {
    int8_t *target;
    const int8_t *source;
    uint32_t n, n_bytes;
    uint32_t target_step, source_step;
} linnet_armv7em_columns_t;
void linnet_armv7em_columns(const linnet_armv7em_columns_t *columns);

// One row of a dense layer, four channels at a time. act and end: (k / 4, {k0 k2, k1 k3}), k a multiple of 16.
typedef struct {
    const int16_t *act, *act_end;
    int8_t *out, *out_end;  // a multiple of 4 apart
} linnet_armv7em_dense_t;
void linnet_armv7em_dense(const int32_t *stream, linnet_armv7em_dense_t *dense);
void linnet_armv7em_dense_relu(const int32_t *stream, linnet_armv7em_dense_t *dense);

// Depthwise 3x3: four input rows become columns of (row 0, row 1) a, same b, (row 2, row 3) a, same b for two channels.
typedef struct {
    const int8_t *rows[4];  // at the group's first channel
    uint32_t pair_skip;     // bytes from the end of a column to the next pair's column
    uint32_t pixel;         // bytes between pixels of the input
    uint32_t end;           // pixels * pixel
    int32_t *columns;       // of the first pair, at the first pixel
    uint32_t n_groups;      // of four channels
    uint32_t group_skip;    // bytes from the end of a group's first pair to the next group's
} linnet_armv7em_build_t;
void linnet_armv7em_build(const linnet_armv7em_build_t *build);

// Two output rows of channel pairs from those columns.
typedef struct {
    int8_t *end;          // of the first pair's row: out + width * pixel
    int8_t *out;
    uint32_t pixel;       // bytes between output pixels
    uint32_t second_row;  // bytes from out to the second row, which is written first
    uint32_t n_pairs;
    uint32_t row_back;    // width * pixel - 2
} linnet_armv7em_rows_t;
void linnet_armv7em_rows(const int32_t *stream, const int32_t *columns, linnet_armv7em_rows_t *rows);
void linnet_armv7em_rows_relu(const int32_t *stream, const int32_t *columns, linnet_armv7em_rows_t *rows);

// One output pixel of a depthwise layer with any window, four channels at a time; taps in pairs, up to five pairs a round.
typedef struct {
    const int8_t *window;     // the first tap's channel 0
    const int8_t *end;        // window + channels, a multiple of 4
    int8_t *out;
    uint32_t skip;            // pairs left out of the first round, times LINNET_ARMV7EM_TAPS_BYTES
    const uint32_t *offsets;  // bytes from window to each tap, up to offsets_end
    const uint32_t *offsets_end;
} linnet_armv7em_taps_t;

#define LINNET_ARMV7EM_TAPS_BYTES 56  // of code

void linnet_armv7em_taps(const int32_t *stream, const linnet_armv7em_taps_t *taps);
void linnet_armv7em_taps_relu(const int32_t *stream, const linnet_armv7em_taps_t *taps);

// n4 words of sums: out = saturated ((factor[0] * in0 >> 8) + (factor[1] * in1 >> 8) + factor[2]) >> 18.
void linnet_armv7em_add(const int8_t *in0, const int8_t *in1, int8_t *out, const int32_t *factor, uint32_t n4);

// Strips (linnet_strip_armv7em.c) ----------------------------------------------------------------------------

// The input under one row of outputs, column by column: (columns, kernel_h, in_c). The window of a pixel is then
// kernel_w * kernel_h * in_c bytes on end, padding included.
typedef struct {
    uint32_t columns;
    uint32_t column_bytes;
    uint32_t bytes;  // of a strip, a multiple of 4 with room to read a word too far
} linnet_armv7em_strip_t;

linnet_armv7em_strip_t linnet_armv7em_strip(const linnet_window_t *window);

// The input under output row y of an image; fill: in_c bytes of the zero point.
void linnet_armv7em_fill_strip(const linnet_window_t *window, const int8_t *image, uint32_t y, const int8_t *fill,
    int8_t *target);

// Exact channels (linnet_exact_armv7em.c) ------------------------------------------------------------------------

// head, and n_exact rows of `weights` int8 each from `exact` on: are they sane?
int linnet_armv7em_exact_ok(const uint8_t *data, const uint8_t *exact, uint32_t weights, uint32_t channels);

// n records of factors of `per_record` channels, `record_bytes` apart: are the shifts 0 ... 31?
int linnet_armv7em_factors_ok(const uint8_t *factors, uint32_t n, uint32_t record_bytes, uint32_t per_record);

// bias + the sum over k (a multiple of 4) of widened activations, `pixels` to a word of k, times weights.
int32_t linnet_armv7em_dot(const linnet_armv7em_exact_t *exact, const int16_t *act, uint32_t pixels, uint32_t k);

int8_t linnet_armv7em_finish(const linnet_armv7em_exact_t *exact, int32_t acc, const linnet_requant_t *requant);

// Clamps n bytes where the layer's range is narrower than int8.
void linnet_armv7em_clamp(int8_t *out, uint32_t n, const linnet_requant_t *requant);

static inline int linnet_armv7em_clamps(const linnet_requant_t *requant) {
    return requant->act_min > -128 || requant->act_max < 127;
}

// What lies below the zero point is clamped away.
static inline int linnet_armv7em_is_relu(const linnet_requant_t *requant) {
    return requant->act_min >= requant->output_zero_point;
}

static inline const linnet_armv7em_exact_t *linnet_armv7em_next(const linnet_armv7em_exact_t *exact, uint32_t weights) {
    return (const linnet_armv7em_exact_t *)(const void *)(exact->weights + weights);
}

// Words and halfwords at any address; plain calls of memcpy would stay calls in a freestanding build.
static inline uint32_t linnet_armv7em_load(const void *at) {
    uint32_t x;
    __builtin_memcpy(&x, at, 4);
    return x;
}

static inline void linnet_armv7em_store(void *at, uint32_t x) {
    __builtin_memcpy(at, &x, 4);
}

// Bytes 0 and 2 of x, sign-extended to the lanes of a word.
static inline uint32_t linnet_armv7em_lanes(uint32_t x) {
#if LINNET_IS(ARMV7EM)
    uint32_t y;
    __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(x));
    return y;
#else
    return (uint32_t)(uint16_t)(int8_t)x | (uint32_t)(uint16_t)(int8_t)(x >> 16) << 16;
#endif
}

// Bytes 1 and 3.
static inline uint32_t linnet_armv7em_odd_lanes(uint32_t x) {
#if LINNET_IS(ARMV7EM)
    uint32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(x));
    return y;
#else
    return linnet_armv7em_lanes(x >> 8);
#endif
}

// Adds bytes 0 and 2 of x to the lanes of sum.
static inline uint32_t linnet_armv7em_add_lanes(uint32_t sum, uint32_t x) {
#if LINNET_IS(ARMV7EM)
    __asm__("sxtab16 %0, %0, %1" : "+r"(sum) : "r"(x));
    return sum;
#else
    const uint32_t lanes = linnet_armv7em_lanes(x);
    return ((sum + lanes) & 0xffff) | ((sum & 0xffff0000) + (lanes & 0xffff0000));
#endif
}

// Adds bytes 1 and 3.
static inline uint32_t linnet_armv7em_add_odd_lanes(uint32_t sum, uint32_t x) {
#if LINNET_IS(ARMV7EM)
    __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sum) : "r"(x));
    return sum;
#else
    return linnet_armv7em_add_lanes(sum, x >> 8);
#endif
}

#endif
