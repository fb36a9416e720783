// C twins of the assembly of this folder: what the host runs in its place, step by step the same.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M) && !LINNET_IS(ARMV6M)

#include "../linnet_requant.h"
#include "linnet_armv6m.h"

// Widens one sum of pairs.
static void widen(uint32_t sum, uint32_t *t, uint32_t *u) {
    *t += sum;
    *u += (uint32_t)((int32_t)sum >> 16) + (sum >> 15 & 1);
}

static const uint32_t *quads(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads, uint32_t group) {
    for (; n_quads > 0; n_quads--, sums += 4) {
        uint32_t u[2] = { stream[0], stream[1] };
        uint32_t t[2] = { stream[2], stream[3] };
        stream += 4;
        for (const int32_t *p = x; p < x_end;) {
            uint32_t sum[2] = { 0, 0 };
            for (uint32_t k = 0; k < group; k += 2, p += 2, stream += 4) {
                sum[0] += (uint32_t)p[0] * stream[0] + (uint32_t)p[1] * stream[1];
                sum[1] += (uint32_t)p[0] * stream[2] + (uint32_t)p[1] * stream[3];
            }
            widen(sum[0], &t[0], &u[0]);
            widen(sum[1], &t[1], &u[1]);
        }
        for (int pair = 0; pair < 2; pair++) {
            sums[pair] = (int32_t)u[pair];
            sums[2 + pair] = (int32_t)(t[pair] - (u[pair] << 16));
        }
    }
    return stream;
}

const uint32_t *linnet_armv6m_quads_2(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads) {
    return quads(x, x_end, stream, sums, n_quads, 2);
}

const uint32_t *linnet_armv6m_quads_8(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads) {
    return quads(x, x_end, stream, sums, n_quads, 8);
}

const uint32_t *linnet_armv6m_quads_16(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads) {
    return quads(x, x_end, stream, sums, n_quads, 16);
}

const uint32_t *linnet_armv6m_packed(const int32_t *x, const int32_t *x_end, const uint32_t *stream, int32_t *sums,
    uint32_t n_quads) {
    const uint32_t mask = 0x00ff00ff;
    for (; n_quads > 0; n_quads--, sums += 4) {
        uint32_t u[2] = { stream[0], stream[1] };
        uint32_t t[2] = { stream[2], stream[3] };
        stream += 4;
        for (const int32_t *p = x; p < x_end; p += 3) {
            for (int pair = 0; pair < 2; pair++) {
                const uint32_t word = *stream++;
                widen((uint32_t)p[0] * word + (uint32_t)p[1] * (word >> 8 & mask) + (uint32_t)p[2], &t[pair], &u[pair]);
                u[pair] += mask;
            }
        }
        for (int pair = 0; pair < 2; pair++) {
            sums[pair] = (int32_t)u[pair];
            sums[2 + pair] = (int32_t)(t[pair] - (u[pair] << 16));
        }
    }
    return stream;
}

void linnet_armv6m_triples(const int32_t *words, int32_t *triples, uint32_t n) {
    for (; n > 0; n--, words += 2, triples += 3) {
        const uint32_t x0 = (uint32_t)words[0], x1 = (uint32_t)words[1];
        triples[0] = (int32_t)x0;
        triples[1] = (int32_t)(x1 - (x0 << 8));
        triples[2] = (int32_t)(0u - (x0 + x1) * 0x00800080u);
    }
}

static uint32_t clamp_sum(int32_t sum, const linnet_armv6m_scale_t *scale) {
    const uint32_t s = (uint32_t)sum;
    return s <= scale->range ? s : sum < 0 ? 0 : scale->range;
}

static uint32_t scaled(uint32_t s, const linnet_armv6m_scale_t *scale) {
    return s * scale->coarse + (s * scale->fine >> 12) + scale->offset;
}

void linnet_armv6m_finish(const int32_t *sums, const linnet_armv6m_scale_t *scales, int8_t *out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (int8_t)(scaled(clamp_sum(sums[i], &scales[i]), &scales[i]) >> 24);
    }
}

void linnet_armv6m_finish_signed(const int32_t *sums, const linnet_armv6m_signed_scale_t *scales, int8_t *out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const linnet_armv6m_scale_t *scale = &scales[i].scale;
        const uint32_t s = clamp_sum(sums[i], scale);
        out[i] = (int8_t)((scaled(s, scale) - (s < scales[i].zero ? scales[i].nudge : 0)) >> 24);
    }
}

void linnet_armv6m_gather(const int8_t *bytes, int32_t *words, uint32_t n, uint32_t rows, uint32_t row_bytes,
    uint32_t row_words) {
    for (; rows > 0; rows--, bytes += row_bytes, words += row_words) {
        for (uint32_t i = 0; i < n; i++) {
            words[i] = bytes[i];
        }
    }
}

void linnet_armv6m_add(const uint8_t *a, const uint8_t *b, int8_t *out, const linnet_armv6m_add_t *add, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        int32_t s = linnet_wrapping_add(add->table[0][a[i]], add->table[1][b[i]]);
        if (s < add->zero) {
            s = linnet_wrapping_add(s, (int32_t)(0u - (uint32_t)add->nudge));
        }
        if ((uint32_t)s > (uint32_t)add->range) {
            s = s < 0 ? 0 : add->range;
        }
        out[i] = (int8_t)(((uint32_t)s >> 20) + (uint32_t)add->low);
    }
}

void linnet_armv6m_pair_rows(const linnet_armv6m_rows_t *rows) {
    const int8_t *in = rows->in;
    uint8_t *words = (uint8_t *)rows->words;
    for (uint32_t column = 0; column < rows->n_columns; column++, in += rows->channels, words += rows->column_bytes) {
        const int8_t *p = in;
        uint8_t *word = words;
        uint32_t low = (uint32_t)rows->zero;
        if (!rows->is_above) {
            low = (uint32_t)*p;
            p += rows->row_bytes;
        }
        for (uint32_t i = 0; i < rows->n + rows->is_below; i++, word += rows->word_bytes) {
            const uint32_t high = (uint32_t)(i < rows->n ? *p : rows->zero);
            *(uint32_t *)(void *)word = low + (high << 16);
            low = high;
            p += i + 1 < rows->n ? rows->row_bytes : 0;
        }
    }
}

// Both outputs at one place of a pair of rows.
static void sum_taps(const linnet_armv6m_band_t *band, const uint8_t *plane, int32_t sums[2]) {
    const uint32_t *block = (const uint32_t *)band->block;
    uint32_t products[9];
    for (uint32_t column = 0; column < 3; column++) {
        const uint32_t *words = (const uint32_t *)(const void *)(plane + column * band->column_bytes);
        for (uint32_t row = 0; row < 3; row++) {
            products[column * 3 + row] = words[row] * block[column * 3 + row];
        }
    }
    uint32_t u = block[9];
    uint32_t t = block[10];
    for (int column = 0; column < 3; column++) {
        widen(products[column * 3] + products[column * 3 + 1], &t, &u);
    }
    widen(products[2] + products[5], &t, &u);
    widen(products[8], &t, &u);
    sums[0] = (int32_t)(t - (u << 16));
    sums[1] = (int32_t)u;
}

void linnet_armv6m_band(const linnet_armv6m_band_t *band) {
    const linnet_armv6m_scale_t *scale = (const linnet_armv6m_scale_t *)(const void *)(band->block + 11);
    const uint8_t *first = (const uint8_t *)band->plane;
    int8_t *row = band->out;
    for (uint32_t pair = 0; pair < band->n_pairs; pair++, first += band->pair_bytes, row += 2 * band->row_bytes) {
        const uint8_t *plane = first;
        const uint32_t second = pair + 1 < band->n_pairs ? band->row_bytes : band->last_row_bytes;
        for (uint32_t at = 0; at < band->row_bytes; at += band->channels) {
            int32_t sums[2];
            sum_taps(band, plane, sums);
            // The lower row first: where there is none, the upper one takes its place.
            row[at + second] = (int8_t)(scaled(clamp_sum(sums[1], scale), scale) >> 24);
            row[at] = (int8_t)(scaled(clamp_sum(sums[0], scale), scale) >> 24);
            plane += band->step_columns * band->column_bytes;
        }
    }
}

#endif
