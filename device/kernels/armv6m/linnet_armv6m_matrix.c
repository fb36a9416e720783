// What CONV_2D and FULLY_CONNECTED share on armv6m: a matrix of weights whose outputs are summed four at a time.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M)

#include "../linnet_requant.h"
#include "linnet_armv6m.h"

#if LINNET_IS(ARMV6M)
#pragma GCC optimize("Os")  // the loops that matter are in assembly
#endif

enum {
    FINISH_FAST = 0,
    FINISH_SIGNED = 1,
    FINISH_EXACT = 2,
};

// At the start of the data; then runs, padding to 16, the scales, padding to 16, the stream.
typedef struct {
    uint16_t finish;
    uint16_t n_runs;
} header_t;

static uint32_t round_up(uint32_t x, uint32_t power_of_two) {
    return (x + power_of_two - 1) & ~(power_of_two - 1);
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

int8_t linnet_armv6m_exact(int32_t sum, const linnet_armv6m_exact_scale_t *scale, const linnet_requant_t *requant) {
    int32_t y = linnet_wrapping_add(linnet_requant(sum, scale->multiplier, scale->shift), requant->output_zero_point);
    return (int8_t)linnet_clamp(y, requant->act_min, requant->act_max);
}

int linnet_armv6m_exact_ok(const linnet_armv6m_exact_scale_t *scale) {
    return scale->multiplier >= 0 && scale->shift >= -31 && scale->shift <= 30;
}

// Words of a chunk: as triples, or filled up for the largest group.
static uint32_t chunk_words(const linnet_armv6m_matrix_t *m) {
    return round_up(m->chunk, 16) / 2 * 3;
}

static uint32_t block_sums(const linnet_armv6m_matrix_t *m) {
    return round_up(smaller(m->n_outputs, LINNET_ARMV6M_BLOCK), 4);
}

uint32_t linnet_armv6m_matrix_scratch(const linnet_armv6m_matrix_t *m) {
    return 4 * (chunk_words(m) + (block_sums(m) << (m->chunk < m->n_inputs)));
}

void linnet_armv6m_matrix_open(linnet_armv6m_matrix_t *m, const linnet_call_t *call) {
    const header_t *header = (const header_t *)(const void *)call->data;
    m->is_packed = call->operator->variant >> 4;
    m->finish = header->finish;
    m->scale_bytes = m->finish == FINISH_FAST ? (uint32_t)sizeof(linnet_armv6m_scale_t)
                     : m->finish == FINISH_SIGNED ? (uint32_t)sizeof(linnet_armv6m_signed_scale_t)
                     : (uint32_t)sizeof(linnet_armv6m_exact_scale_t);
    m->runs = (const linnet_armv6m_run_t *)(const void *)(header + 1);
    m->scales = call->data + round_up((uint32_t)(sizeof(*header) + header->n_runs * sizeof(linnet_armv6m_run_t)), 16);
    m->stream = m->scales + round_up(m->n_outputs * m->scale_bytes, 16);
    if (call->scratch != NULL) {
        m->x = (int32_t *)(void *)call->scratch;
        m->words = m->x + (m->is_packed ? (m->chunk + 1) / 2 : 0);
        m->sums = m->x + chunk_words(m);
    }
}

linnet_status_t linnet_armv6m_matrix_check(linnet_armv6m_matrix_t *m, const linnet_call_t *call) {
    const header_t *header = (const header_t *)(const void *)call->data;
    uint32_t rest = call->operator->data_bytes;
    if (rest < sizeof(*header)) {
        return LINNET_ERR_DATA;
    }
    linnet_armv6m_matrix_open(m, call);
    const uint32_t stream_at = (uint32_t)(m->stream - call->data);
    if (m->finish > FINISH_EXACT || rest < stream_at) {
        return LINNET_ERR_DATA;
    }
    rest -= stream_at;
    const linnet_armv6m_exact_scale_t *scale = (const void *)m->scales;
    for (uint32_t o = 0; o < m->n_outputs && m->finish == FINISH_EXACT; o++, scale++) {
        if (!linnet_armv6m_exact_ok(scale)) {
            return LINNET_ERR_DATA;
        }
    }
    // The runs cover every chunk of every block, one after the other, and none goes on into the next.
    const linnet_armv6m_run_t *run = m->runs;
    const linnet_armv6m_run_t *end = run + header->n_runs;
    for (uint32_t o = 0; o < m->n_outputs; o += LINNET_ARMV6M_BLOCK) {
        for (uint32_t i = 0; i < m->n_inputs; i += m->chunk) {
            const uint32_t inputs = smaller(m->n_inputs - i, m->chunk);
            uint32_t quads = (smaller(m->n_outputs - o, LINNET_ARMV6M_BLOCK) + 3) / 4;
            for (; quads > 0; run++) {
                if (run == end || run->n_quads == 0 || run->n_quads > quads
                    || (run->group != 2 && (m->is_packed || (run->group != 8 && run->group != 16)))) {
                    return LINNET_ERR_DATA;
                }
                quads -= run->n_quads;
                // At most 16 quads of 8192 inputs: no overflow.
                const uint32_t bytes = run->n_quads * (16 + (round_up(inputs, run->group) << (m->is_packed ? 2 : 3)));
                if (rest < bytes) {
                    return LINNET_ERR_DATA;
                }
                rest -= bytes;
            }
        }
    }
    return run == end && rest == 0 ? LINNET_OK : LINNET_ERR_DATA;
}

void linnet_armv6m_multiply(const linnet_armv6m_matrix_t *m, const int8_t *in, int8_t *out) {
    const linnet_armv6m_run_t *run = m->runs;
    const uint8_t *scales = m->scales;
    const uint32_t *stream = (const uint32_t *)(const void *)m->stream;
    int32_t *const x = m->x;
    int32_t *const block = m->sums;
    for (uint32_t o = 0; o < m->n_outputs; o += LINNET_ARMV6M_BLOCK) {
        const uint32_t n = smaller(m->n_outputs - o, LINNET_ARMV6M_BLOCK);
        for (uint32_t i = 0; i < m->n_inputs; i += m->chunk) {
            const uint32_t inputs = smaller(m->n_inputs - i, m->chunk);
            const uint32_t pairs = (inputs + 1) / 2;
            // One chunk serves all blocks; several come anew for each.
            if (o == 0 || m->chunk < m->n_inputs) {
                if (in != NULL) {
                    linnet_armv6m_gather(in + i, m->words, inputs, 1, 0, 0);
                }
                if (m->is_packed) {
                    linnet_armv6m_triples(m->words, x, pairs);
                }
            }
            // Chunks after the first have sums of their own, which are added to the first's.
            int32_t *sums = i == 0 ? block : block + block_sums(m);
            for (const int32_t *end = sums + n; sums < end; sums += 4 * run++->n_quads) {
                const int32_t *x_end = x + round_up(inputs, run->group);
                if (m->is_packed) {
                    stream = linnet_armv6m_packed(x, x + 3 * pairs, stream, sums, run->n_quads);
                } else if (run->group == 2) {
                    stream = linnet_armv6m_quads_2(x, x_end, stream, sums, run->n_quads);
                } else if (run->group == 8) {
                    stream = linnet_armv6m_quads_8(x, x_end, stream, sums, run->n_quads);
                } else {
                    stream = linnet_armv6m_quads_16(x, x_end, stream, sums, run->n_quads);
                }
            }
            for (uint32_t k = 0; i > 0 && k < n; k++) {
                block[k] = linnet_wrapping_add(block[k], block[block_sums(m) + k]);
            }
        }
        if (m->finish == FINISH_FAST) {
            linnet_armv6m_finish(block, (const void *)scales, out + o, n);
        } else if (m->finish == FINISH_SIGNED) {
            linnet_armv6m_finish_signed(block, (const void *)scales, out + o, n);
        } else {
            const linnet_armv6m_exact_scale_t *scale = (const void *)scales;
            for (uint32_t k = 0; k < n; k++) {
                out[o + k] = linnet_armv6m_exact(block[k], &scale[k], m->requant);
            }
        }
        scales += n * m->scale_bytes;
    }
}

#endif
