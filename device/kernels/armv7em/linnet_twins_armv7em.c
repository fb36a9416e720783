// The assembly of this folder once more in C: the host library runs armv7em blobs with it, byte for byte.

#include "linnet_armv7em.h"
#include "../linnet_requant.h"

#if LINNET_HAS(ARMV7EM) && !LINNET_IS(ARMV7EM)

#include <string.h>

// Lanes of a word.
static int32_t low(uint32_t x) {
    return (int16_t)x;
}

static int32_t high(uint32_t x) {
    return (int16_t)(x >> 16);
}

// SMLAD, wrapping.
static uint32_t mul2(uint32_t x, uint32_t y, uint32_t acc) {
    return acc + (uint32_t)(low(x) * low(y)) + (uint32_t)(high(x) * high(y));
}

// SMMLAR, the shift and SSAT on 2 * acc.
static int8_t finish(uint32_t twice, const linnet_armv7em_factor_t *factor, int relu) {
    const uint32_t addend = (uint32_t)factor->addend - (!relu && twice >> 31);
    const uint64_t product = (uint64_t)((int64_t)(int32_t)twice * factor->multiplier);
    const uint32_t sum = addend + (uint32_t)((product + 0x80000000u) >> 32);
    return (int8_t)linnet_clamp((int32_t)sum >> factor->shift, -128, 127);
}

// 256 * O to 2 * O.
static uint32_t odd(uint32_t t, uint32_t e) {
    return (uint32_t)((int32_t)(t - e) >> 7);
}

static void tile(const int32_t *stream, linnet_armv7em_tile_t *t, int relu) {
    const uint32_t blocks = 1 + 4 * t->rounds - t->skip / LINNET_ARMV7EM_BLOCK_BYTES;
    const uint32_t at[3] = { 0, t->out_1, t->out_2 };
    for (; t->out != t->end; t->out += 2) {
        const int32_t *weights = stream + 2;
        const linnet_armv7em_factor_t *factor = (const void *)(weights + 2 * blocks);
        for (int p = 2; p >= 0; p--) {
            uint32_t e = (uint32_t)stream[0];
            uint32_t o = (uint32_t)stream[1];
            for (uint32_t k = 0; k < 2 * blocks; k++) {
                const uint32_t act = linnet_armv7em_load(t->act + 6 * k + 2 * p);
                o = mul2((uint32_t)weights[k], act, o);
                e = mul2(linnet_armv7em_lanes((uint32_t)weights[k]), act, e);
            }
            t->out[at[p]] = finish(2 * e, &factor[0], relu);
            t->out[at[p] + 1] = finish(odd(o, e), &factor[1], relu);
        }
        stream = (const void *)(factor + 2);
    }
}

void linnet_armv7em_tile(const int32_t *stream, linnet_armv7em_tile_t *t) {
    tile(stream, t, 0);
}

void linnet_armv7em_tile_relu(const int32_t *stream, linnet_armv7em_tile_t *t) {
    tile(stream, t, 1);
}

void linnet_armv7em_widen(const int8_t *p0, const int8_t *p1, const int8_t *p2, int16_t *act, uint32_t n4) {
    for (uint32_t i = 0; i < 4 * n4; i += 4, act += 12) {
        const uint32_t x[3] = { linnet_armv7em_load(p0 + i), linnet_armv7em_load(p1 + i), linnet_armv7em_load(p2 + i) };
        for (int p = 0; p < 3; p++) {
            linnet_armv7em_store(act + 2 * p, linnet_armv7em_lanes(x[p]));
            linnet_armv7em_store(act + 6 + 2 * p, linnet_armv7em_odd_lanes(x[p]));
        }
    }
}

void linnet_armv7em_columns(const linnet_armv7em_columns_t *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        memmove(c->target + i * c->target_step, c->source + i * c->source_step, c->n_bytes);
    }
}

static void dense(const int32_t *stream, linnet_armv7em_dense_t *d, int relu) {
    for (; d->out != d->out_end; d->out += 4) {
        uint32_t acc[4] = { (uint32_t)stream[0], (uint32_t)stream[1], (uint32_t)stream[2], (uint32_t)stream[3] };
        stream += 4;
        for (const int16_t *act = d->act; act != d->act_end; act += 2) {
            for (int j = 0; j < 4; j += 2) {
                const uint32_t weights = (uint32_t)*stream++;
                acc[j + 1] = mul2(weights, linnet_armv7em_load(act), acc[j + 1]);
                acc[j] = mul2(linnet_armv7em_lanes(weights), linnet_armv7em_load(act), acc[j]);
            }
        }
        const linnet_armv7em_factor_t *factor = (const void *)stream;
        for (int j = 0; j < 4; j += 2) {
            d->out[j] = finish(2 * acc[j], &factor[j], relu);
            d->out[j + 1] = finish(odd(acc[j + 1], acc[j]), &factor[j + 1], relu);
        }
        stream = (const void *)(factor + 4);
    }
}

void linnet_armv7em_dense(const int32_t *stream, linnet_armv7em_dense_t *d) {
    dense(stream, d, 0);
}

void linnet_armv7em_dense_relu(const int32_t *stream, linnet_armv7em_dense_t *d) {
    dense(stream, d, 1);
}

void linnet_armv7em_build(const linnet_armv7em_build_t *build) {
    int32_t *column = build->columns;
    for (uint32_t group = 0; group < build->n_groups; group++) {
        for (uint32_t at = 0; at != build->end; at += build->pixel) {
            for (uint32_t c = 0; c < 4; c++) {
                int16_t *lanes = (int16_t *)(void *)column + (c & 1) * 2;
                for (uint32_t row = 0; row < 4; row++) {
                    lanes[row / 2 * 4 + row % 2] = build->rows[row][4 * group + at + c];
                }
                if (c == 1) {
                    column += 4 + build->pair_skip / 4;
                }
            }
            column -= build->pair_skip / 4;
        }
        column += build->group_skip / 4;
    }
}

static void rows(const int32_t *stream, const int32_t *columns, linnet_armv7em_rows_t *r, int relu) {
    const uint32_t width = (r->row_back + 2) / r->pixel;
    for (uint32_t pair = 0; pair < r->n_pairs; pair++, stream += 20, columns += 8) {
        const linnet_armv7em_factor_t *factor = (const void *)(stream + 14);
        for (uint32_t x = 0; x < width; x++, columns += 4) {
            int8_t y[4];  // (channel, row)
            for (int c = 0; c < 2; c++) {
                uint32_t acc[2] = { (uint32_t)stream[c], (uint32_t)stream[c] };
                for (int kx = 0; kx < 3; kx++) {
                    const uint32_t top = linnet_armv7em_load(columns + 4 * kx + c);
                    const uint32_t bottom = linnet_armv7em_load(columns + 4 * kx + 2 + c);
                    const uint32_t w01 = (uint32_t)stream[2 + 4 * kx + c];
                    const uint32_t w12 = (uint32_t)stream[4 + 4 * kx + c];
                    acc[0] = mul2(top, w01, acc[0]) + (uint32_t)(low(bottom) * high(w12));
                    acc[1] = mul2(bottom, w12, acc[1]) + (uint32_t)(high(top) * low(w01));
                }
                y[2 * c] = finish(acc[0], &factor[c], relu);
                y[2 * c + 1] = finish(acc[1], &factor[c], relu);
            }
            r->out[r->second_row] = y[1];
            r->out[r->second_row + 1] = y[3];
            r->out[0] = y[0];
            r->out[1] = y[2];
            r->out += r->pixel;
        }
        r->out -= r->row_back;
    }
}

void linnet_armv7em_rows(const int32_t *stream, const int32_t *columns, linnet_armv7em_rows_t *r) {
    rows(stream, columns, r, 0);
}

void linnet_armv7em_rows_relu(const int32_t *stream, const int32_t *columns, linnet_armv7em_rows_t *r) {
    rows(stream, columns, r, 1);
}

static void taps(const int32_t *stream, const linnet_armv7em_taps_t *t, int relu) {
    int8_t *out = t->out;
    for (const int8_t *window = t->window; window != t->end; window += 4, out += 4) {
        uint32_t acc[4] = { (uint32_t)stream[0], (uint32_t)stream[1], (uint32_t)stream[2], (uint32_t)stream[3] };
        stream += 4;
        for (const uint32_t *offset = t->offsets; offset != t->offsets_end; offset += 2) {
            const int8_t *first = window + offset[0];
            const int8_t *second = window + offset[1];
            for (int j = 0; j < 4; j++, stream++) {
                acc[j] += (uint32_t)(first[j] * low((uint32_t)*stream)) + (uint32_t)(second[j] * high((uint32_t)*stream));
            }
        }
        const linnet_armv7em_factor_t *factor = (const void *)stream;
        int8_t y[4];
        for (int j = 0; j < 4; j++) {
            y[j] = finish(acc[j], &factor[j], relu);
        }
        memcpy(out, y, 4);
        stream = (const void *)(factor + 4);
    }
}

void linnet_armv7em_taps(const int32_t *stream, const linnet_armv7em_taps_t *t) {
    taps(stream, t, 0);
}

void linnet_armv7em_taps_relu(const int32_t *stream, const linnet_armv7em_taps_t *t) {
    taps(stream, t, 1);
}

// SMLAW on a byte times 256.
static uint32_t mul_byte(int32_t factor, int8_t x, uint32_t acc) {
    return acc + (uint32_t)((int64_t)factor * x >> 8);
}

void linnet_armv7em_add(const int8_t *in0, const int8_t *in1, int8_t *out, const int32_t *factor, uint32_t n4) {
    for (uint32_t i = 0; i < 4 * n4; i++) {
        const uint32_t sum = mul_byte(factor[1], in1[i], mul_byte(factor[0], in0[i], (uint32_t)factor[2]));
        out[i] = (int8_t)linnet_clamp((int32_t)sum >> 18, -128, 127);
    }
}

#endif
