// SVDF: int8 (batches, in_n) -> (batches, units). Each of units * rank filters keeps what it made of the last `memory` inputs,
// in 16 or 8 bits. TFLite Micro's svdf_common.cc.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"
#include "linnet_dots.h"

enum { X, STATE };  // inputs; the outputs are y, STATE

typedef struct {
    uint32_t batches, in_n, units, rank, memory;
    int16_t state_zero_point, output_zero_point;
    int32_t multiplier[2];  // from a sum over the input to the state, from a sum over the state to the output
    int8_t shift[2];
    uint16_t reserved;
} linnet_svdf_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_svdf_params_t *p = call->params;
    const uint32_t limit = 1u << 12;
    if (!p->batches || !p->in_n || !p->units || !p->rank || !p->memory || p->batches > limit || p->in_n > limit
        || p->units > limit || p->rank > limit || p->memory > limit || p->reserved || p->output_zero_point < -128
        || p->output_zero_point > 127) {
        return LINNET_ERR_PARAMS;
    }
    for (int i = 0; i < 2; i++) {
        if (p->multiplier[i] < 0 || p->shift[i] < -31 || p->shift[i] > 30) {
            return LINNET_ERR_PARAMS;
        }
    }
    const uint64_t filters = (uint64_t)p->units * p->rank;
    const linnet_tensor_t *state = linnet_input_tensor(call, STATE);
    if (!linnet_tensor_is(linnet_input_tensor(call, X), LINNET_INT8, (uint64_t)p->batches * p->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)p->batches * p->units)
        || (state->dtype != LINNET_INT8 && state->dtype != LINNET_INT16)
        || !linnet_tensor_is(state, (linnet_dtype_t)state->dtype, p->batches * filters * p->memory)
        || call->operator->tensors[STATE] != call->operator->tensors[STATE + 2]) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t per_filter = sizeof(int32_t) + p->in_n + p->memory * linnet_dtype_bytes(state->dtype);
    return call->operator->data_bytes == filters * per_filter + p->units * sizeof(int32_t) ? LINNET_OK : LINNET_ERR_DATA;
}

// A filter's memory (n) moves down by one, the newest value comes last. Adds the product of both with weights (n).
static uint32_t advance16(int16_t *state, const int16_t *weights, uint32_t n, int16_t newest, uint32_t sum) {
    uint32_t i = 0;
#if LINNET_DOTS_PAIRS
    for (; i + 2 < n; i += 2) {
        const uint32_t pair = linnet_word(state + i + 1);
        linnet_put_word(pair, state + i);
        sum = (uint32_t)__smlad((int32_t)pair, (int32_t)linnet_word(weights + i), (int32_t)sum);
    }
#endif
    for (; i + 1 < n; i++) {
        state[i] = state[i + 1];
        sum += (uint32_t)(state[i] * weights[i]);
    }
    state[i] = newest;
    return sum + (uint32_t)(newest * weights[i]);
}

static uint32_t advance8(int8_t *state, const int8_t *weights, uint32_t n, int8_t newest, uint32_t sum) {
    for (uint32_t i = 0; i + 1 < n; i++) {
        state[i] = state[i + 1];
        sum += (uint32_t)(state[i] * weights[i]);
    }
    state[n - 1] = newest;
    return sum + (uint32_t)(newest * weights[n - 1]);
}

static void run(const linnet_call_t *call) {
    const linnet_svdf_params_t *p = call->params;
    const uint32_t filters = p->units * p->rank;
    const int is_wide = linnet_output_tensor(call, STATE)->dtype == LINNET_INT16;
    const int32_t low = is_wide ? INT16_MIN : INT8_MIN, high = is_wide ? INT16_MAX : INT8_MAX;
    const uint32_t row_bytes = is_wide ? 2 * p->memory : p->memory;
    const int32_t *start = (const int32_t *)(const void *)call->data;                   // (filters)
    const int32_t *bias = start + filters;                                              // (units)
    const uint8_t *time = (const uint8_t *)(bias + p->units);                           // (filters, memory)
    const int8_t *features = (const int8_t *)time + (size_t)filters * row_bytes;        // (filters, in_n)
    const int8_t *x = linnet_input(call, X);
    uint8_t *state = linnet_output(call, STATE);                                        // (batches, filters, memory)
    int8_t *y = linnet_output(call, 0);
    for (uint32_t batch = 0; batch < p->batches; batch++, x += p->in_n) {
        uint32_t unit = 0, rank = 0, sum = (uint32_t)bias[0], sums[2] = { 0, 0 };
        for (uint32_t filter = 0; filter < filters; filter++, state += row_bytes) {
            if (filter % 2 == 0) {
                const uint32_t other = filter + 1 < filters;  // an odd last filter is both
                sums[0] = (uint32_t)start[filter];
                sums[1] = (uint32_t)start[filter + other];
                linnet_dots(x, p->in_n, features + (size_t)filter * p->in_n, other * p->in_n, sums);
            }
            int32_t newest = linnet_requant((int32_t)sums[filter % 2], p->multiplier[0], p->shift[0]);
            newest = linnet_clamp(newest, low, high) + p->state_zero_point;
            const uint8_t *weights = time + (size_t)filter * row_bytes;
            sum = is_wide ? advance16((int16_t *)(void *)state, (const int16_t *)(const void *)weights, p->memory, (int16_t)newest, sum)
                          : advance8((int8_t *)state, (const int8_t *)weights, p->memory, (int8_t)newest, sum);
            if (++rank == p->rank) {
                const int32_t scaled = linnet_requant((int32_t)sum, p->multiplier[1], p->shift[1]);
                *y++ = (int8_t)linnet_clamp(linnet_wrapping_add(scaled, p->output_zero_point), INT8_MIN, INT8_MAX);
                rank = 0;
                if (++unit < p->units) {
                    sum = (uint32_t)bias[unit];
                }
            }
        }
    }
}

const linnet_kernel_t linnet_svdf_kernel = { 2, 2, sizeof(linnet_svdf_params_t), check, NULL, run };
