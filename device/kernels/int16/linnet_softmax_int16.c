// SOFTMAX: int16 (rows, depth) -> int16, output scale 1/32768. TFLite's reference/softmax.h: two interpolated tables.

#include "linnet_int16.h"

#define TABLE 513  // entries; the last is only interpolated towards

typedef struct {
    uint32_t rows, depth;
    int32_t multiplier, shift;  // of differences, so that -65535 stands for -10
} linnet_softmax_int16_params_t;

// The tables, as they lie in the data.
typedef struct {
    int16_t exp[TABLE + 1];         // of -10 ... 0, Q0.15; 1 unused
    int16_t reciprocal[TABLE + 1];  // 1 / (1 + x) of 0 ... 1, Q0.15
} tables_t;

static inline int32_t look_up(const int16_t *table, int32_t x) {
    const int16_t *entry = &table[256 + (x >> 7)];
    const int32_t slope = (int16_t)(entry[1] - entry[0]);
    return (int16_t)(entry[0] + ((slope * (x & 0x7f) + 64) >> 7));
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_softmax_int16_params_t *p = call->params;
    // So many exponentials of 15 bits keep the sum within 31. Differences have 16 bits: a left shift of more would overflow.
    if (!p->rows || !p->depth || p->depth > UINT16_MAX || p->multiplier < 0 || p->shift < -31 || p->shift > 14) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t n = (uint64_t)p->rows * p->depth;
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT16, n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT16, n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == sizeof(tables_t) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const linnet_softmax_int16_params_t *p = call->params;
    const tables_t *tables = (const void *)call->data;
    const int16_t *in = linnet_input(call, 0);
    int16_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->depth, out += p->depth) {
        int32_t max = INT16_MIN;
        for (uint32_t i = 0; i < p->depth; i++) {
            max = in[i] > max ? in[i] : max;
        }
        uint32_t sum = 0;
        for (uint32_t i = 0; i < p->depth; i++) {
            // The table is centred.
            int32_t x = linnet_wrapping_add(linnet_requant(in[i] - max, p->multiplier, p->shift), INT16_MAX);
            const int32_t e = look_up(tables->exp, linnet_clamp(x, INT16_MIN, INT16_MAX));
            sum += (uint32_t)e;
            out[i] = (int16_t)e;
        }
        sum = (int32_t)sum <= 0 ? 1 : sum;  // of tables that are not exponentials
        uint32_t bits = 0;                  // of the sum, all but the first
        while (sum >> (bits + 1)) {
            bits++;
        }
        // The sum as 1 + x, with 16 bits after the point.
        int32_t x = (int32_t)(((sum << (30 - bits)) + (1 << 13)) >> 14) - (1 << 16) - (1 << 15);
        const int32_t scale = look_up(tables->reciprocal, linnet_clamp(x, INT16_MIN, INT16_MAX));
        const int32_t round = bits > 0 ? (int32_t)1 << (bits - 1) : 0;
        for (uint32_t i = 0; i < p->depth; i++) {
            out[i] = (int16_t)linnet_clamp((out[i] * scale + round) >> bits, 0, INT16_MAX);
        }
    }
}

const linnet_kernel_t linnet_softmax_int16_kernel = { 1, 1, sizeof(linnet_softmax_int16_params_t), check, NULL, run };
