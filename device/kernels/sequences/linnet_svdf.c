// SVDF: int8 (batches, in_n) -> (batches, units). Each of units * rank filters keeps what it made of the last `memory` inputs,
// in 16 or 8 bits. TFLite Micro's svdf_common.cc.

#include <string.h>

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

static int32_t sum16(const int16_t *state, const int16_t *weights, uint32_t n, uint32_t sum) {
    for (uint32_t i = 0; i < n; i++) {
        sum += (uint32_t)(state[i] * weights[i]);
    }
    return (int32_t)sum;
}

static int32_t sum8(const int8_t *state, const int8_t *weights, uint32_t n, uint32_t sum) {
    for (uint32_t i = 0; i < n; i++) {
        sum += (uint32_t)(state[i] * weights[i]);
    }
    return (int32_t)sum;
}

// What a filter makes of an input goes to the end of its memory, element `at` of the state.
static void remember(const linnet_svdf_params_t *p, void *state, int is_wide, size_t at, uint32_t sum) {
    const int32_t y = linnet_requant((int32_t)sum, p->multiplier[0], p->shift[0]);
    if (is_wide) {
        ((int16_t *)state)[at] = (int16_t)(linnet_clamp(y, INT16_MIN, INT16_MAX) + p->state_zero_point);
    } else {
        ((int8_t *)state)[at] = (int8_t)(linnet_clamp(y, INT8_MIN, INT8_MAX) + p->state_zero_point);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_svdf_params_t *p = call->params;
    const linnet_tensor_t *tensor = linnet_output_tensor(call, STATE);
    const uint32_t filters = p->units * p->rank, size = linnet_dtype_bytes(tensor->dtype), n = p->rank * p->memory;
    const int is_wide = tensor->dtype == LINNET_INT16;
    const int32_t *start = (const int32_t *)(const void *)call->data;                        // (filters)
    const int32_t *bias = start + filters;                                                   // (units)
    const uint8_t *time = (const uint8_t *)(bias + p->units);                                // (filters, memory)
    const int8_t *features = (const int8_t *)time + (size_t)filters * p->memory * size;      // (filters, in_n)
    const int8_t *x = linnet_input(call, X);
    uint8_t *state = linnet_output(call, STATE);                                             // (batches, filters, memory)
    int8_t *y = linnet_output(call, 0);
    memmove(state, state + size, tensor->bytes - size);
    for (uint32_t batch = 0; batch < p->batches; batch++, x += p->in_n, state += (size_t)filters * p->memory * size) {
        size_t at = p->memory - 1;
        for (uint32_t filter = 0; filter < filters; filter += 2, at += 2 * (size_t)p->memory) {
            // An odd last filter is both.
            const uint32_t other = filter + 1 < filters;
            uint32_t sums[2] = { (uint32_t)start[filter], (uint32_t)start[filter + other] };
            linnet_dots(x, p->in_n, features + (size_t)filter * p->in_n, other * p->in_n, sums);
            remember(p, state, is_wide, at, sums[0]);
            remember(p, state, is_wide, at + other * p->memory, sums[1]);
        }
        for (uint32_t unit = 0; unit < p->units; unit++) {
            const size_t first = (size_t)unit * n * size;
            const void *values = state + first, *weights = time + first;
            const int32_t sum = is_wide ? sum16(values, weights, n, (uint32_t)bias[unit]) : sum8(values, weights, n, (uint32_t)bias[unit]);
            const int32_t scaled = linnet_requant(sum, p->multiplier[1], p->shift[1]);
            *y++ = (int8_t)linnet_clamp(linnet_wrapping_add(scaled, p->output_zero_point), INT8_MIN, INT8_MAX);
        }
    }
}

const linnet_kernel_t linnet_svdf_kernel = { 2, 2, sizeof(linnet_svdf_params_t), check, NULL, run };
