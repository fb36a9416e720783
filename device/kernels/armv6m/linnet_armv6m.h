// Inner loops for cores without SIMD, Cortex-M0+ above all: assembly there, their C twins in linnet_armv6m_twins.c elsewhere.
//
// Two signed values share a word, high * 65536 + low, so that one 32-bit multiplication makes two products. Sums of
// such words are exact as long as either half fits 16 bits: |weights| that add up to at most 255 before a sum is
// widened. Widening takes a sum c apart mod 2^32: T += c; U += (c >> 16) + bit 15 of c; then high = U, low = T - (U << 16).

#ifndef LINNET_ARMV6M_H
#define LINNET_ARMV6M_H

#include "../linnet_kernel.h"

// How sums become outputs, one record per channel: S = clamp(sum, 0, range), unsigned;
// out = top byte of S * coarse + (S * fine >> 12) + offset. The host has proved it for every sum that can occur.
typedef struct {
    uint32_t range;   // < 2^20
    uint32_t offset;
    uint32_t fine;    // < 2^12
    uint32_t coarse;
} linnet_armv6m_scale_t;

// The same where sums below and above the output's zero point round differently: less nudge where S < zero.
typedef struct {
    linnet_armv6m_scale_t scale;
    uint32_t zero;
    uint32_t nudge;
} linnet_armv6m_signed_scale_t;

// Any other channel: linnet_requant itself.
typedef struct {
    int32_t multiplier, shift;
} linnet_armv6m_exact_scale_t;

// Sums of `n_quads` times four outputs. x: [x, x_end) input words, a multiple of 2, 8 or 16 of them, as the name says:
// so many inputs are added up before their sum is widened. stream, per quad: start values U0 U1 T0 T1, then for every
// two inputs the words w0[k] w0[k+1] w1[k] w1[k+1] of two pairs of outputs. sums (n_quads, 4): the high halves of both
// pairs, then the low ones. Returns the stream behind what was read.
const uint32_t *linnet_armv6m_quads_2(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads);
const uint32_t *linnet_armv6m_quads_8(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads);
const uint32_t *linnet_armv6m_quads_16(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads);

// The same for weights of one byte: x are `triples` of inputs x0, x1: x0, x1 - 256 * x0, -128 * 65537 * (x0 + x1). stream, per quad:
// start values U0 U1 T0 T1, U less 0x00ff00ff for every two inputs; then for every two inputs a word of either pair of
// outputs: low[k], low[k + 1], high[k], high[k + 1], each plus 128.
const uint32_t *linnet_armv6m_packed(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads);

// n >= 1 pairs of input words to triples; words may be triples + n.
void linnet_armv6m_triples(const int32_t *words, int32_t *triples, uint32_t n);

// sums (n) -> out (n), n >= 1.
void linnet_armv6m_finish(const int32_t *sums, const linnet_armv6m_scale_t *scales, int8_t *out, uint32_t n);
void linnet_armv6m_finish_signed(const int32_t *sums, const linnet_armv6m_signed_scale_t *scales, int8_t *out, uint32_t n);

// Widens `rows` runs of n >= 1 bytes to words; a run begins row_bytes, its words begin row_words after the one before.
void linnet_armv6m_gather(const int8_t *bytes, int32_t *words, uint32_t n, uint32_t rows, uint32_t row_bytes,
    uint32_t row_words);

// Columns of words that pair each input of one channel, in the low half, with the one row_bytes on, in the high half.
typedef struct {
    const int8_t *in;       // the first column's
    int32_t *words;
    uint32_t row_bytes;
    uint32_t word_bytes;    // from one word of a column to the next
    uint32_t column_bytes;  // from one column of words to the next
    uint32_t channels;      // bytes from one column of inputs to the next
    int32_t zero;           // the zero point
    uint32_t n;             // words whose high half is an input
    uint32_t is_above;      // 1: the first word's low half is the zero point
    uint32_t is_below;      // 1: one more word has it in its high half
    uint32_t n_columns;     // >= 1
} linnet_armv6m_rows_t;

void linnet_armv6m_pair_rows(const linnet_armv6m_rows_t *rows);

// A band of output rows of one channel of a 3x3 depthwise convolution, two rows at a time.
typedef struct {
    // Columns of words of which each holds the inputs of both rows, the lower row's in the high half.
    const int32_t *plane;
    // weights (3 columns, 3), start U and T, range, offset, fine, coarse.
    const int32_t *block;
    int8_t *out;
    uint32_t n_pairs;
    uint32_t column_bytes;     // of the plane
    uint32_t step_columns;     // from one output to the next
    uint32_t pair_bytes;       // of the plane, from one pair of rows to the next
    uint32_t channels;         // bytes from one output to the next
    uint32_t row_bytes;        // of the output
    uint32_t last_row_bytes;   // from the last pair's first row to its second; 0: it has only one
} linnet_armv6m_band_t;

// The |weights| of each column's first two rows add up to at most 255, and so do those of the first two columns' last.
void linnet_armv6m_band(const linnet_armv6m_band_t *band);

// A sum of two bytes: S = table[0][a] + table[1][b], less nudge if S < zero, clamped to [0, range]; out = (S >> 20) + low.
typedef struct {
    int32_t range;
    int32_t zero;
    int32_t nudge;
    int32_t low;
    int32_t table[2][256];  // indexed by the byte
} linnet_armv6m_add_t;

// n >= 1
void linnet_armv6m_add(const uint8_t *a, const uint8_t *b, int8_t *out, const linnet_armv6m_add_t *add, uint32_t n);

// requant, zero point and clamp of a sum that no fast scale fits (linnet_armv6m_matrix.c).
int8_t linnet_armv6m_exact(int32_t sum, const linnet_armv6m_exact_scale_t *scale, const linnet_requant_t *requant);

// Its multiplier and shift are in range.
int linnet_armv6m_exact_ok(const linnet_armv6m_exact_scale_t *scale);

// Matrices: what convolutions and dense layers have in common (linnet_armv6m_matrix.c) ----------------------------

// Outputs are finished in blocks of so many, which bounds the room for sums.
#define LINNET_ARMV6M_BLOCK 64u

// Quads that are summed alike.
typedef struct {
    uint16_t n_quads;
    uint16_t group;  // 2, 8 or 16 inputs between widenings; packed: 2
} linnet_armv6m_run_t;

// A matrix (n_outputs, n_inputs) in FORMAT.md's layout, inputs being widened `chunk` at a time; then where its parts are.
typedef struct {
    uint32_t n_outputs, n_inputs, chunk;
    const linnet_requant_t *requant;
    uint32_t is_packed;  // layout 1
    uint32_t finish;
    uint32_t scale_bytes;
    const linnet_armv6m_run_t *runs;
    const uint8_t *scales;
    const uint8_t *stream;
    int32_t *x;      // a chunk of inputs as the inner loops want them
    int32_t *words;  // where its words go first
    int32_t *sums;   // of a block of outputs, and of a chunk other than the first
} linnet_armv6m_matrix_t;

// Bytes of scratch, the same for either layout; of the matrix only its sizes are looked at, here and in the next.
uint32_t linnet_armv6m_matrix_scratch(const linnet_armv6m_matrix_t *matrix);

// Fills in the rest. The data's first four bytes must be there.
void linnet_armv6m_matrix_open(linnet_armv6m_matrix_t *matrix, const linnet_call_t *call);

// The operator's data are this matrix.
linnet_status_t linnet_armv6m_matrix_check(linnet_armv6m_matrix_t *matrix, const linnet_call_t *call);

// out (n_outputs) from in (n_inputs); `in` may be NULL when the words of the only chunk are where they go.
void linnet_armv6m_multiply(const linnet_armv6m_matrix_t *matrix, const int8_t *in, int8_t *out);

#endif
