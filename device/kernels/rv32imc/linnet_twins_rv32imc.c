// The inner loops in C, for every build that is not for RV32IMC: the same bytes from the same streams.

#include "linnet_rv32imc.h"

#if LINNET_HAS(RV32IMC) && !LINNET_IS(RV32IMC)

#include <string.h>

static int8_t finish(uint32_t s, const linnet_rv32imc_factor_t *factor) {
    if (s > factor->limit) {
        s = (int32_t)s < 0 ? 0 : factor->limit;
    }
    uint32_t y = (uint32_t)(((uint64_t)(s << 12) * factor->multiplier) >> 32) + factor->addend;
    if (s < factor->shift >> 8) {
        y -= 1 << 12;
    }
    return (int8_t)(uint8_t)(y >> (factor->shift & 31));
}

// T and U of a pair, from its words of weights, in blocks of 8 inputs with their flags; the first block may be half a one.
static void pair(const int8_t *x, uint32_t inputs, const uint32_t *words, uint32_t n_pairs, uint32_t index, uint32_t *t,
    uint32_t *u) {
    uint32_t chunk = 0, flags = 0;
    for (uint32_t k = 0; k < inputs; k++, words += n_pairs) {
        if ((inputs - k) % 8 == 0) {
            flags = *words++;
        } else if (k == 0) {
            flags = *words++ << 1;
        }
        chunk += (uint32_t)x[k] * words[index];
        if (k % 2 == 1) {
            if (flags & 0x80000000) {
                *t += chunk;
                *u += (uint32_t)((int32_t)(chunk + 0x8000) >> 16);
                chunk = 0;
            }
            flags <<= 1;
        }
    }
}

// One pixel by n channels, n even.
static const uint32_t *group(const int8_t *x, int8_t *y, const uint32_t *stream, const linnet_rv32imc_layer_t *layer, uint32_t n) {
    const uint32_t *weights = stream + n;
    const uint32_t *end = stream + linnet_rv32imc_group_bytes(layer->inputs, n, (int)layer->is_size) / 4;
    const linnet_rv32imc_factor_t *factors = (const linnet_rv32imc_factor_t *)(const void *)end - n;
    for (uint32_t i = 0; i < n; i += 2) {
        uint32_t t = stream[i], u = stream[i + 1];
        if (layer->is_size) {
            const int8_t *bytes = (const int8_t *)weights + i;
            for (uint32_t k = 0; k < layer->inputs; k++, bytes += n) {
                t += (uint32_t)(x[k] * bytes[0]);
                u += (uint32_t)(x[k] * bytes[1]);
            }
        } else {
            pair(x, layer->inputs, weights, n / 2, i / 2, &t, &u);
            t -= u << 16;
        }
        y[i] = finish(t, &factors[i]);
        y[i + 1] = finish(u, &factors[i + 1]);
    }
    return end;
}

void linnet_rv32imc_tile(const int8_t *x0, const int8_t *x1, const int8_t *x2, int8_t *y, uint32_t pitch, uint32_t next_pitch,
    const uint32_t *stream, const linnet_rv32imc_layer_t *layer) {
    for (uint32_t i = 0; i < layer->n; i++, y += 4) {
        int8_t bytes[3][4];
        group(x0, bytes[0], stream, layer, 4);
        group(x1, bytes[1], stream, layer, 4);
        stream = group(x2, bytes[2], stream, layer, 4);
        memcpy(y, bytes[0], 4);
        memcpy(y + pitch, bytes[1], 4);
        memcpy(y + pitch + next_pitch, bytes[2], 4);
    }
}

void linnet_rv32imc_dense(const int8_t *x, int8_t *y, const uint32_t *stream, const linnet_rv32imc_layer_t *layer) {
    for (uint32_t i = 0; i < layer->n; i += 8) {
        int8_t bytes[8];
        stream = group(x, bytes, stream, layer, 8);
        memcpy(y + i, bytes, layer->n - i < 8 ? layer->n - i : 8);
    }
}

void linnet_rv32imc_plane(const int8_t *plane, int8_t *out, const linnet_rv32imc_depthwise_t *channel,
    const linnet_rv32imc_plane_t *shape) {
    for (uint32_t line = 0; line < shape->n_lines; line++, plane += shape->line_step, out += shape->across) {
        const int8_t *in = plane;
        for (uint32_t at = 0; at < shape->length; at += shape->along, in += shape->stride) {
            uint32_t s = channel->start;
            for (uint32_t i = 0; i < 9; i++) {
                s += (uint32_t)(in[i / 3 * shape->line_bytes + i % 3] * channel->weights[i]);
            }
            out[at] = finish(s, &channel->factor);
        }
    }
}

#endif
