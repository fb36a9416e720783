// What the kernels for Cortex-M with Helium (MVE) share: inner loops in assembly (linnet_*_helium.S), each with a portable
// twin (linnet_twins_helium.c) that gives the same bytes on every other build.
//
// Accumulators are exact 32-bit sums; four of them are requantized at once by VQRDMULH, which is TFLite's high multiply, and
// VRSHL, whose ties go up: the result of a negative one is lessened by one before. FORMAT.md has the layouts.

#ifndef LINNET_HELIUM_H
#define LINNET_HELIUM_H

#include "../linnet_core.h"
#include "../linnet_kernel.h"

// Which requantization a layer's channels need: the host says it, the check sees to it.
typedef enum {
    LINNET_HELIUM_RELU = 0,   // shifts <= 0, and what lies below the zero point is clamped away: ties below it do not show
    LINNET_HELIUM_RIGHT = 1,  // shifts < 0
    LINNET_HELIUM_ANY = 2,    // shifts to the left as well
} linnet_helium_kind_t;

// The start of every convolution's and dense layer's data.
typedef struct {
    uint32_t kind;
    uint32_t reserved[3];
} linnet_helium_head_t;

#define LINNET_HELIUM_BLOCK 16         // inputs at a time; kernels read weights and inputs in whole blocks
#define LINNET_HELIUM_POSITION 64      // bytes of depthwise scratch: 16 channels of 4 neighbours each
#define LINNET_HELIUM_DEPTHWISE 36     // bytes of depthwise stream a channel
#define LINNET_HELIUM_MAX_SIZE (1u << 22)  // of a window, in bytes, and of other sizes that are multiplied

// n times n_bytes <= 16 from source to target, both then moved on by their steps; last_bytes at the end. blocks: bytes stay
// together; scatter: each goes to its offset from target.
typedef struct {
    int8_t *target;
    const int8_t *source;
    uint32_t target_step, source_step;
    uint32_t n;
    uint32_t n_bytes;
    uint32_t last_bytes;
    const uint8_t *offsets;  // (16)
} linnet_helium_columns_t;

void linnet_helium_blocks(const linnet_helium_columns_t *columns);
void linnet_helium_scatter(const linnet_helium_columns_t *columns);

// Pixels two at a time by all channels, four at a time. Stream, per four channels: bias[4], steps times weights[4][16],
// multiplier[4], shift[4].
typedef struct {
    const int8_t *act;   // (16 * steps) of pixel 0
    int32_t act_1;       // bytes from there to pixel 1, either way
    uint32_t act_skip;   // to the next pair
    int8_t *out;         // of pixel 0
    uint32_t out_1;      // bytes from there to pixel 1; 0: the same pixel once more
    uint32_t out_skip;   // from the end of pixel 0's channels to the next pair
    uint32_t n_pairs;
    uint32_t channels;   // a multiple of 4
    uint32_t steps;
    int32_t zero_point;
} linnet_helium_gemm_t;

void linnet_helium_gemm_relu(const int32_t *stream, const linnet_helium_gemm_t *gemm);
void linnet_helium_gemm_right(const int32_t *stream, const linnet_helium_gemm_t *gemm);
void linnet_helium_gemm_any(const int32_t *stream, const linnet_helium_gemm_t *gemm);

// Windows of one block: four channels over a row of pixels, their weights kept in registers. The stream is gemm's.
typedef struct {
    const int8_t *act;
    uint32_t act_step;   // bytes from pixel to pixel
    int8_t *out;
    uint32_t out_step;
    uint32_t n_pixels;
    int32_t zero_point;
} linnet_helium_shallow_t;

void linnet_helium_shallow_relu(const int32_t *stream, const linnet_helium_shallow_t *shallow);
void linnet_helium_shallow_right(const int32_t *stream, const linnet_helium_shallow_t *shallow);

// One row by eight channels at a time. Stream, per eight channels: bias[8], steps times weights[8][16], then of each four
// multiplier[4], shift[4].
typedef struct {
    const int8_t *act;  // (16 * steps)
    uint32_t steps;
    int8_t *out, *end;  // a multiple of 8 apart
    int32_t zero_point;
} linnet_helium_dense_t;

void linnet_helium_dense_relu(const int32_t *stream, const linnet_helium_dense_t *dense);
void linnet_helium_dense_right(const int32_t *stream, const linnet_helium_dense_t *dense);
void linnet_helium_dense_any(const int32_t *stream, const linnet_helium_dense_t *dense);

// Depthwise 3x3. A line runs along the "inner" axis, the other one is the "outer". Scratch is (positions, 16 channels) of
// words: the four neighbours along the outer axis. Four positions on end hold a patch of 4x4 of a channel.
typedef struct {
    int8_t *columns;        // of the first position
    const int8_t *lines[4];
    uint32_t steps[4];      // bytes from position to position
    uint32_t n_positions;
    uint32_t n_channels;    // at most 16
} linnet_helium_build_t;
void linnet_helium_build(const linnet_helium_build_t *build);

// Stride 1: 2x2 outputs of every patch. Stream, per channel: bias, multiplier, shift, 24 bytes: 5 zeros, then
// weights[3 inner][4 outer], the fourth zero, zeros.
typedef struct {
    const int8_t *columns;
    int8_t *out;          // of the first channel
    uint32_t n_channels;
    uint32_t n_patches;   // along the inner axis
    uint32_t overlap;     // outputs that the first patch shares with the second: 0 or 1
    uint32_t inner;       // bytes between outputs along either axis
    uint32_t outer;
    uint32_t is_single;   // 1: the second line of outputs is the first one once more
    int32_t zero_point;
} linnet_helium_patches_t;

void linnet_helium_patches_relu(const uint8_t *stream, const linnet_helium_patches_t *patches);
void linnet_helium_patches_right(const uint8_t *stream, const linnet_helium_patches_t *patches);
void linnet_helium_patches_any(const uint8_t *stream, const linnet_helium_patches_t *patches);

// Stride 2: four outputs along the inner axis, two positions apart.
typedef struct {
    const int8_t *columns;
    int8_t *out;
    uint32_t n_channels;
    uint32_t n_groups;    // of four outputs
    uint32_t overlap;     // outputs that the first group shares with the second: 0 ... 3
    uint32_t inner;
    uint32_t n_outputs;   // of a group: 4, or fewer when it is the only one
    int32_t zero_point;
} linnet_helium_strided_t;

void linnet_helium_strided_relu(const uint8_t *stream, const linnet_helium_strided_t *strided);
void linnet_helium_strided_right(const uint8_t *stream, const linnet_helium_strided_t *strided);
void linnet_helium_strided_any(const uint8_t *stream, const linnet_helium_strided_t *strided);

// Shared C (linnet_shared_helium.c) ------------------------------------------------------------------------

// The greatest shift of `groups` times four channels, multiplier[4] and shift[4] of the first at `factors`; 31 when one is
// out of range.
int32_t linnet_helium_max_shift(const uint8_t *factors, uint32_t groups, uint32_t group_bytes);

// The head says the kind that these shifts and the clamp need.
int linnet_helium_head_ok(const linnet_helium_head_t *head, int32_t max_shift, const linnet_requant_t *requant);

// Clamps n bytes.
void linnet_helium_clamp(int8_t *out, uint32_t n, const linnet_requant_t *requant);

// Copies n bytes, nothing beyond; plain calls of memcpy would stay calls.
void linnet_helium_copy(int8_t *target, const int8_t *source, uint32_t n);

static inline uint32_t linnet_helium_up(uint32_t n, uint32_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

// The kernels saturate to int8.
static inline int linnet_helium_clamps(const linnet_requant_t *requant) {
    return requant->act_min > -128 || requant->act_max < 127;
}

#endif
