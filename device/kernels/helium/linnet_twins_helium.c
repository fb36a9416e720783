// The assembly of this folder once more in C: the host library runs Helium blobs with it, byte for byte and in the same order
// of reads and writes.

#include "linnet_helium.h"
#include "../linnet_requant.h"

#if LINNET_HAS(HELIUM) && !LINNET_IS(HELIUM)

static void columns(const linnet_helium_columns_t *c, int scatter) {
    for (uint32_t i = 0; i <= c->n; i++) {
        for (uint32_t j = 0; j < (i < c->n ? c->n_bytes : c->last_bytes); j++) {
            c->target[i * c->target_step + (scatter ? c->offsets[j] : j)] = c->source[i * c->source_step + j];
        }
    }
}

void linnet_helium_blocks(const linnet_helium_columns_t *c) {
    columns(c, 0);
}

void linnet_helium_scatter(const linnet_helium_columns_t *c) {
    columns(c, 1);
}

static int8_t finish(uint32_t acc, int32_t multiplier, int32_t shift, int32_t zero_point) {
    const int32_t y = linnet_requant((int32_t)acc, multiplier, shift);
    return (int8_t)linnet_clamp(linnet_wrapping_add(y, zero_point), -128, 127);
}

// bias + the sum over the steps' 16 inputs; `per_step` bytes of weights lie between one step and the next.
static uint32_t dot(int32_t bias, const int8_t *act, const int8_t *weights, uint32_t steps, uint32_t per_step) {
    uint32_t acc = (uint32_t)bias;
    for (; steps > 0; steps--, act += 16, weights += per_step) {
        for (uint32_t i = 0; i < 16; i++) {
            acc += (uint32_t)(act[i] * weights[i]);
        }
    }
    return acc;
}

// Four channels of one pixel; their stream.
static void four(const int32_t *stream, const int8_t *act, uint32_t steps, int32_t zero_point, int8_t *y) {
    const int8_t *weights = (const int8_t *)(stream + 4);
    const int32_t *factors = stream + 4 + 16 * steps;
    for (uint32_t i = 0; i < 4; i++) {
        y[i] = finish(dot(stream[i], act, weights + 16 * i, steps, 64), factors[i], factors[4 + i], zero_point);
    }
}

static void gemm(const int32_t *stream, const linnet_helium_gemm_t *g) {
    const int8_t *act = g->act;
    int8_t *out = g->out;
    for (uint32_t pair = 0; pair < g->n_pairs; pair++, act += g->act_skip, out += g->out_skip) {
        const int32_t *group = stream;
        for (uint32_t c = 0; c < g->channels; c += 4, group += 12 + 16 * g->steps, out += 4) {
            int8_t y[8];
            four(group, act, g->steps, g->zero_point, y);
            four(group, act + g->act_1, g->steps, g->zero_point, y + 4);
            for (uint32_t i = 0; i < 4; i++) {
                out[i] = y[i];
            }
            for (uint32_t i = 0; i < 4; i++) {
                out[g->out_1 + i] = y[4 + i];
            }
        }
    }
}

void linnet_helium_gemm_relu(const int32_t *stream, const linnet_helium_gemm_t *g) {
    gemm(stream, g);
}

void linnet_helium_gemm_right(const int32_t *stream, const linnet_helium_gemm_t *g) {
    gemm(stream, g);
}

void linnet_helium_gemm_any(const int32_t *stream, const linnet_helium_gemm_t *g) {
    gemm(stream, g);
}

static void shallow(const int32_t *stream, const linnet_helium_shallow_t *s) {
    for (uint32_t i = 0; i < s->n_pixels; i++) {
        four(stream, s->act + i * s->act_step, 1, s->zero_point, s->out + i * s->out_step);
    }
}

void linnet_helium_shallow_relu(const int32_t *stream, const linnet_helium_shallow_t *s) {
    shallow(stream, s);
}

void linnet_helium_shallow_right(const int32_t *stream, const linnet_helium_shallow_t *s) {
    shallow(stream, s);
}

static void dense(const int32_t *stream, const linnet_helium_dense_t *d) {
    for (int8_t *out = d->out; out != d->end; out += 8, stream += 24 + 32 * d->steps) {
        const int8_t *weights = (const int8_t *)(stream + 8);
        const int32_t *factors = stream + 8 + 32 * d->steps;
        int8_t y[8];
        for (uint32_t i = 0; i < 8; i++) {
            const int32_t *f = factors + i / 4 * 8 + i % 4;
            y[i] = finish(dot(stream[i], d->act, weights + 16 * i, d->steps, 128), f[0], f[4], d->zero_point);
        }
        for (uint32_t i = 0; i < 8; i++) {
            out[i] = y[i];
        }
    }
}

void linnet_helium_dense_relu(const int32_t *stream, const linnet_helium_dense_t *d) {
    dense(stream, d);
}

void linnet_helium_dense_right(const int32_t *stream, const linnet_helium_dense_t *d) {
    dense(stream, d);
}

void linnet_helium_dense_any(const int32_t *stream, const linnet_helium_dense_t *d) {
    dense(stream, d);
}

void linnet_helium_build(const linnet_helium_build_t *build) {
    int8_t *target = build->columns;
    for (uint32_t i = 0; i < build->n_positions; i++, target += LINNET_HELIUM_POSITION) {
        for (uint32_t line = 0; line < 4; line++) {
            const int8_t *source = build->lines[line] + i * build->steps[line];
            for (uint32_t c = 0; c < 16; c++) {
                target[4 * c + line] = c < build->n_channels ? source[c] : 0;
            }
        }
    }
}

// One output: the patch of 4x4 from `position` on with the kernel moved by (inner, outer).
static int8_t patch(const uint8_t *record, const int8_t *position, uint32_t inner, uint32_t outer, int32_t zero_point) {
    const int32_t *factors = (const void *)record;
    const int8_t *weights = (const int8_t *)record + 12 + 5 - 4 * inner - outer;
    uint32_t acc = (uint32_t)factors[0];
    for (uint32_t i = 0; i < 16; i++) {
        acc += (uint32_t)(position[i / 4 * LINNET_HELIUM_POSITION + i % 4] * weights[i]);
    }
    return finish(acc, factors[1], factors[2], zero_point);
}

static void patches(const uint8_t *stream, const linnet_helium_patches_t *p) {
    const uint32_t outer = p->is_single ? 0 : p->outer;
    for (uint32_t c = 0; c < p->n_channels; c++, stream += LINNET_HELIUM_DEPTHWISE) {
        for (uint32_t i = 0; i < p->n_patches; i++) {
            const uint32_t first = 2 * i - (i > 0 ? p->overlap : 0);
            const int8_t *position = p->columns + 4 * c + first * LINNET_HELIUM_POSITION;
            int8_t *out = p->out + c + first * p->inner;
            for (uint32_t j = 0; j < 4; j++) {
                const uint32_t second = p->is_single ? 0 : j % 2;
                out[j / 2 * p->inner + second * outer] = patch(stream, position, j / 2, second, p->zero_point);
            }
        }
    }
}

void linnet_helium_patches_relu(const uint8_t *stream, const linnet_helium_patches_t *p) {
    patches(stream, p);
}

void linnet_helium_patches_right(const uint8_t *stream, const linnet_helium_patches_t *p) {
    patches(stream, p);
}

void linnet_helium_patches_any(const uint8_t *stream, const linnet_helium_patches_t *p) {
    patches(stream, p);
}

static void strided(const uint8_t *stream, const linnet_helium_strided_t *s) {
    for (uint32_t c = 0; c < s->n_channels; c++, stream += LINNET_HELIUM_DEPTHWISE) {
        for (uint32_t i = 0; i < s->n_groups; i++) {
            for (uint32_t j = 0; j < s->n_outputs; j++) {
                const uint32_t at = 4 * i - (i > 0 ? s->overlap : 0) + j;
                const int8_t *position = s->columns + 4 * c + 2 * at * LINNET_HELIUM_POSITION;
                s->out[c + at * s->inner] = patch(stream, position, 0, 0, s->zero_point);
            }
        }
    }
}

void linnet_helium_strided_relu(const uint8_t *stream, const linnet_helium_strided_t *s) {
    strided(stream, s);
}

void linnet_helium_strided_right(const uint8_t *stream, const linnet_helium_strided_t *s) {
    strided(stream, s);
}

void linnet_helium_strided_any(const uint8_t *stream, const linnet_helium_strided_t *s) {
    strided(stream, s);
}

#endif
