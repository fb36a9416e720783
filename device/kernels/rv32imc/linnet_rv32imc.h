// What the kernels for RV32IMC share: inner loops in assembly (linnet_*_rv32imc.S), each with a portable twin
// (linnet_twins_rv32imc.c) that gives the same bytes on every other build.
//
// In the "speed" layout two output channels share each word of weights: word = even + 65536 * odd. One 32-bit multiply by an
// input gives both products. A chunk, a sum of such products, holds two exact sums while each fits 16 bits; it is closed by
//     T += chunk,  U += (chunk + 0x8000) >> 16
// so that U is the odd channel's accumulator, and T - (U << 16) the even one's. The host sets where chunks end, from the weights.
// The "size" layout has plain int8 weights.
//
// An accumulator becomes a byte by linnet_rv32imc_factor_t. host/linnet/layouts/thresholds.py finds the factors and proves
// them, channel by channel; a channel for which there are none is "exact": its slot in the stream is idle, and C goes over it
// once more. FORMAT.md has the layouts.

#ifndef LINNET_RV32IMC_H
#define LINNET_RV32IMC_H

#include "../linnet_core.h"
#include "../linnet_kernel.h"

// The start of every convolution's and dense layer's data.
typedef struct {
    uint32_t n_exact;
    uint32_t has_negatives;  // whether any factor has some
    uint32_t reserved[2];
} linnet_rv32imc_head_t;

// With s = acc - start (the accumulators start at -start) held in 0 ... limit, all unsigned:
// byte = ((s << 12) * multiplier >> 32) + addend - (4096 if s < negatives) >> shift.
typedef struct {
    uint32_t limit;
    uint32_t multiplier;
    uint32_t addend;
    uint32_t shift;  // in its low 5 bits; the negatives are the upper 24 bits
} linnet_rv32imc_factor_t;

// A channel for C to work out, followed by its weights: int8, padded with 0 as all are.
typedef struct {
    uint32_t channel;
    int32_t bias;
    int32_t multiplier;
    int32_t shift;  // TFLite's
    int8_t weights[];
} linnet_rv32imc_exact_t;

// What all calls of an inner loop for one operator have in common.
typedef struct {
    uint32_t inputs;         // per output, a multiple of 4; of a dense layer 8
    uint32_t n;              // of output channels; of a tile, of groups of four
    uint32_t has_negatives;
    uint32_t is_size;        // the layout
} linnet_rv32imc_layer_t;

// Four channels at a time for the windows of three pixels, x[0] to x[2], each `inputs` long: writes y[0 ... 4 * n) of
// the first pixel, then of those `pitch` and pitch + next_pitch bytes further. Pixels may be one and the same.
// stream, per group of four channels:
//   speed: T and U of two pairs; per 8 inputs: flags, then 8 x 2 words of weights; 4 factors.
//          The top bit of the flags ends the chunk after 2 inputs, the next one after 4, ...
//          Where the inputs are an odd multiple of 4, the first block has 4, and the top bit of its flags means nothing.
//   size:  4 accumulators; inputs x 4 int8 weights; 4 factors.
void linnet_rv32imc_tile(const int8_t *x0, const int8_t *x1, const int8_t *x2, int8_t *y, uint32_t pitch, uint32_t next_pitch,
    const uint32_t *stream, const linnet_rv32imc_layer_t *layer);

// Eight channels at a time for one row x of `inputs`: writes y[0 ... n). The stream is alike, for groups of eight.
void linnet_rv32imc_dense(const int8_t *x, int8_t *y, const uint32_t *stream, const linnet_rv32imc_layer_t *layer);

// A channel of a depthwise layer.
typedef struct {
    uint32_t start;    // of the accumulator
    linnet_rv32imc_factor_t factor;
    int8_t weights[9];  // (line, column)
    uint8_t is_exact;   // then start is the bias, factor.multiplier TFLite's and factor.shift its shift, an int8
    uint16_t reserved;
} linnet_rv32imc_depthwise_t;

// A line runs along the longer side of the image.
typedef struct {
    uint32_t n_lines;
    uint32_t line_bytes;  // of the plane
    uint32_t line_step;   // from an output line's first input line to the next one's, in the plane
    uint32_t across;      // from output line to output line
    uint32_t length;      // from the first output of a line to behind the last
    uint32_t along;       // from output to output
    uint32_t stride;      // of inputs along a line, 1 or 2
} linnet_rv32imc_plane_t;

// 3x3 over one channel: plane, padded as the windows need it, to the outputs at out.
void linnet_rv32imc_plane(const int8_t *plane, int8_t *out, const linnet_rv32imc_depthwise_t *channel,
    const linnet_rv32imc_plane_t *shape);

// Bytes of one group's stream for `channels` channels.
static inline uint32_t linnet_rv32imc_group_bytes(uint32_t inputs, uint32_t channels, int is_size) {
    const uint32_t weights = is_size ? inputs * channels : (inputs + 4) / 8 * 4 + inputs * 2 * channels;
    return channels * (4 + (uint32_t)sizeof(linnet_rv32imc_factor_t)) + weights;
}

// Shared C (linnet_exact_rv32imc.c) ------------------------------------------------------------------------

// Is the data of an operator as long as it must be, and sane? Groups of `channels` make out_n outputs.
int linnet_rv32imc_data_ok(const linnet_call_t *call, uint32_t inputs, uint32_t out_n, uint32_t channels);

// The exact channels of one pixel: x (inputs), y the pixel's output.
void linnet_rv32imc_exact(const linnet_call_t *call, const linnet_requant_t *requant, uint32_t inputs, const uint8_t *rows,
    const int8_t *x, int8_t *y);

#endif
