// The inner loops in C, for every build that is not for Xtensa: the same bytes from the same data.

#include "linnet_xtensa.h"

#if LINNET_HAS(XTENSA) && !LINNET_IS(XTENSA)

uint32_t linnet_xtensa_expand(const int8_t *bytes, uint32_t *words, uint32_t n) {
    uint32_t sum = 0;
    for (; n > 0; n--, bytes += 4) {
        uint32_t x[4];
        for (int i = 0; i < 4; i++) {
            x[i] = (uint32_t)(bytes[i] + 128);
            sum += x[i];
        }
        *words++ = x[0] | x[2] << 16;
        *words++ = x[1] | x[3] << 16;
    }
    return sum * 128;
}

void linnet_xtensa_sums(const uint32_t *x, const uint32_t *stream, uint32_t *sums, uint32_t n_steps, uint32_t n_pairs,
    uint32_t x128) {
    const uint32_t n_words = n_steps * LINNET_XTENSA_STEP / 2;
    for (; n_pairs > 0; n_pairs--, sums += 2, stream += 2 + n_words) {
        int64_t first = 0;
        uint32_t second = 0;
        for (uint32_t i = 0; i < n_words; i++) {
            const uint32_t word = stream[2 + i];
            first += (int64_t)(int16_t)x[i] * (int16_t)word + (int64_t)(int16_t)(x[i] >> 16) * (int16_t)(word >> 16);
            second += (x[i] & 0xffff) * (word & 0xff) + (x[i] >> 16) * (word >> 16 & 0xff);
        }
        sums[0] = stream[0] + second - x128;
        sums[1] = stream[1] + (uint32_t)(first >> 8) - (second >> 8);
    }
}

static int8_t finish(uint32_t sum, const linnet_xtensa_scale_t *scale) {
    int32_t s = (int32_t)sum;
    s = s > 0 ? s : 0;
    s = s < (int32_t)scale->range ? s : (int32_t)scale->range;
    uint32_t y = (uint32_t)s * scale->coarse + ((uint32_t)s * scale->fine >> 12) + scale->offset;
    if ((uint32_t)s < scale->zero) {
        y -= scale->nudge;
    }
    return (int8_t)(uint8_t)(y >> 24);
}

void linnet_xtensa_finish(const uint32_t *sums, const linnet_xtensa_scale_t *scales, int8_t *out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        out[i] = finish(sums[i], &scales[i]);
    }
}

void linnet_xtensa_line(const uint8_t *in, uint32_t line_bytes, const linnet_xtensa_depthwise_t *channel, uint32_t *sums,
    uint32_t n, uint32_t stride) {
    for (uint32_t u = 0; u < n; u++, in += stride) {
        uint32_t sum = channel->start;
        for (uint32_t i = 0; i < 9; i++) {
            const int16_t weight = (int16_t)(channel->weights[i / 2] >> i % 2 * 16);
            sum += (uint32_t)(in[i / 3 * line_bytes + i % 3] * weight);
        }
        sums[u] = sum;
    }
}

void linnet_xtensa_finish_line(const uint32_t *sums, const linnet_xtensa_scale_t *scale, int8_t *out, uint32_t n, uint32_t step) {
    for (uint32_t u = 0; u < n; u++) {
        out[u * step] = finish(sums[u], scale);
    }
}

#endif
