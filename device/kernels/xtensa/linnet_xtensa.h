// What the kernels for Xtensa share (ESP32, S2, S3): inner loops in assembly (linnet_*_xtensa.S), each with a portable twin
// (linnet_twins_xtensa.c) that gives the same bytes on every other build.
//
// MAC16 multiplies 16-bit halves of words into one accumulator of 40 bits and loads the next words meanwhile: an instruction a
// product. Inputs x become halves x + 128. The weights a and b of two output channels share a half, as bytes a + 128 and b:
//     first = sum of (x + 128) * (a + 128 + 256 * b)    second = sum of (x + 128) * (a + 128), the b masked out
// so that b's sum is (first >> 8) - (second >> 8), and a's is second, less 128 times the sum of the inputs' halves; what else
// the 128s add is part of the start values. Words hold inputs 4i, 4i + 2 and 4i + 1, 4i + 3: so bytes are taken apart at once.
//
// A sum becomes a byte by linnet_xtensa_scale_t. host/linnet/layouts/armv6m/scales.py finds the scales and proves them, channel by
// channel; a channel for which there is none is "exact": C requantizes its sum. FORMAT.md has the layout.

#ifndef LINNET_XTENSA_H
#define LINNET_XTENSA_H

#include "../linnet_core.h"
#include "../linnet_kernel.h"

#define LINNET_XTENSA_STEP 4u             // inputs come in so many
#define LINNET_XTENSA_MAX_INPUTS 65536u   // 40 bits hold so many products
#define LINNET_XTENSA_BLOCK 64u           // sums that are kept at a time

// S = sum held in 0 ... range; out = top byte of S * coarse + (S * fine >> 12) + offset, less nudge where S < zero.
typedef struct {
    uint32_t range;
    uint32_t offset;
    uint32_t fine;
    uint32_t coarse;
    uint32_t zero;
    uint32_t nudge;
} linnet_xtensa_scale_t;

// A channel for C to requantize.
typedef struct {
    uint32_t channel;
    int32_t multiplier;
    int32_t shift;  // TFLite's
    uint32_t reserved;
} linnet_xtensa_exact_t;

// A channel of a depthwise layer, whose inputs are x + 128.
typedef struct {
    uint32_t start;
    uint32_t weights[5];  // (line, column) in halves of words, the low one first
    linnet_xtensa_scale_t scale;
    uint32_t is_exact;    // then the scale's first two are TFLite's multiplier and shift
} linnet_xtensa_depthwise_t;

// A matrix (n_outputs, n_inputs), and where its parts are.
typedef struct {
    uint32_t n_outputs;
    uint32_t n_inputs;
    const linnet_requant_t *requant;
    uint32_t n_exact;
    const uint32_t *stream;  // per two outputs two start values, then the words
    const linnet_xtensa_scale_t *scales;
    const linnet_xtensa_exact_t *exact;
    uint32_t *x;     // (inputs / 2 + 1) words
    uint32_t *sums;  // (LINNET_XTENSA_BLOCK)
} linnet_xtensa_matrix_t;

// Assembly, or twins ---------------------------------------------------------------------------------------

// n >= 1 times four bytes, at a multiple of 4, to words; returns 128 times the sum of their halves.
uint32_t linnet_xtensa_expand(const int8_t *bytes, uint32_t *words, uint32_t n);

// n_pairs >= 1 times two sums of n_steps >= 1 times four inputs. x128: what linnet_xtensa_expand gave for x. One word behind x
// and the stream is read as well.
void linnet_xtensa_sums(const uint32_t *x, const uint32_t *stream, uint32_t *sums, uint32_t n_steps, uint32_t n_pairs,
    uint32_t x128);

// sums (n) -> out (n), n >= 1.
void linnet_xtensa_finish(const uint32_t *sums, const linnet_xtensa_scale_t *scales, int8_t *out, uint32_t n);

// 3x3 over n >= 1 windows of a line, `stride` bytes apart; the window's lines are line_bytes apart.
void linnet_xtensa_line(const uint8_t *in, uint32_t line_bytes, const linnet_xtensa_depthwise_t *channel, uint32_t *sums,
    uint32_t n, uint32_t stride);

// sums (n) -> n >= 1 outputs `step` bytes apart, all by one scale.
void linnet_xtensa_finish_line(const uint32_t *sums, const linnet_xtensa_scale_t *scale, int8_t *out, uint32_t n, uint32_t step);

// C (linnet_matrix_xtensa.c) --------------------------------------------------------------------------------

static inline uint32_t linnet_xtensa_padded(uint32_t n_inputs) {
    return (n_inputs + LINNET_XTENSA_STEP - 1) & ~(LINNET_XTENSA_STEP - 1);
}

// Bytes of scratch, behind which the caller may have its own: a multiple of 4.
uint32_t linnet_xtensa_matrix_scratch(uint32_t n_inputs);

// The data of an operator are this matrix, whose n_outputs and n_inputs are given, the latter at most LINNET_XTENSA_MAX_INPUTS.
int linnet_xtensa_matrix_ok(const linnet_xtensa_matrix_t *matrix, const linnet_call_t *call);

// Fills in the rest of it.
void linnet_xtensa_matrix_open(linnet_xtensa_matrix_t *matrix, const linnet_call_t *call, uint8_t *scratch);

// out (n_outputs) from in (n_inputs, padded), at a multiple of 4.
void linnet_xtensa_multiply(const linnet_xtensa_matrix_t *matrix, const int8_t *in, int8_t *out);

#endif
