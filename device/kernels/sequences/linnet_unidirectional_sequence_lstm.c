// UNIDIRECTIONAL_SEQUENCE_LSTM: int8 (batches, steps, in_n) -> (batches, steps, units), gates and cell state in 16 bits.
// TFLite Micro's lstm_eval.h. Nothing is kept aside: a step's hidden state is the output of the step before.

#include <string.h>

#include "../linnet_kernel.h"
#include "../linnet_requant.h"
#include "../linnet_sigmoid.h"
#include "linnet_dots.h"

enum { INPUT, FORGET, CELL, OUTPUT, N_GATES };
enum { X, HIDDEN, CELL_STATE, TABLE };  // inputs; the outputs are y, HIDDEN, CELL_STATE

// Factors: of each gate's sum over x, then over the hidden state; of forget * cell, of input * candidate, of output * tanh(cell).
enum { FORGET_MUL = 2 * N_GATES, INPUT_MUL, OUTPUT_MUL, N_FACTORS };

typedef struct {
    uint32_t batches, steps, in_n, units;
    uint8_t time_major;  // x and y are (steps, batches, ...)
    int8_t cell_shift;   // the cell state times 2^cell_shift is in Q3.12
    int16_t output_zero_point;
    int16_t cell_min, cell_max;
    int32_t multiplier[N_FACTORS];
    int8_t shift[N_FACTORS];
    uint8_t reserved;
} linnet_lstm_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_lstm_params_t *p = call->params;
    const uint32_t limit = 1u << 16;
    if (!p->batches || !p->steps || !p->in_n || !p->units || p->batches > limit || p->steps > limit || p->in_n > limit
        || p->units > limit || p->time_major > 1 || p->cell_shift < -15 || p->cell_shift > 13 || p->cell_min > p->cell_max
        || p->output_zero_point < -128 || p->output_zero_point > 127 || p->reserved) {
        return LINNET_ERR_PARAMS;
    }
    for (int i = 0; i < N_FACTORS; i++) {
        if (p->multiplier[i] < 0 || p->shift[i] < -31 || p->shift[i] > 30) {
            return LINNET_ERR_PARAMS;
        }
    }
    const uint64_t rows = (uint64_t)p->batches * p->steps, state_n = (uint64_t)p->batches * p->units;
    const uint16_t *operands = call->operator->tensors;
    if (!linnet_tensor_is(linnet_input_tensor(call, X), LINNET_INT8, rows * p->in_n)
        || !linnet_tensor_is(linnet_input_tensor(call, HIDDEN), LINNET_INT8, state_n)
        || !linnet_tensor_is(linnet_input_tensor(call, CELL_STATE), LINNET_INT16, state_n)
        || !linnet_tensor_is(linnet_input_tensor(call, TABLE), LINNET_INT16, LINNET_SIGMOID_N)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, rows * p->units)
        || operands[HIDDEN] != operands[TABLE + 1 + HIDDEN] || operands[CELL_STATE] != operands[TABLE + 1 + CELL_STATE]) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t row_bytes = 2 * sizeof(int32_t) + p->in_n + p->units;
    return call->operator->data_bytes == N_GATES * p->units * row_bytes ? LINNET_OK : LINNET_ERR_DATA;
}

static int32_t scaled(int32_t x, const linnet_lstm_params_t *p, int factor) {
    return linnet_clamp(linnet_requant(x, p->multiplier[factor], p->shift[factor]), INT16_MIN, INT16_MAX);
}

// What goes into the activation of a gate, in Q3.12.
static int32_t gate(uint32_t x_sum, uint32_t hidden_sum, const linnet_lstm_params_t *p, int number) {
    const int32_t sum = scaled((int32_t)x_sum, p, 2 * number) + scaled((int32_t)hidden_sum, p, 2 * number + 1);
    return linnet_clamp(sum, INT16_MIN, INT16_MAX);
}

// One step of one sample: x (in_n), hidden (units) of the step before, cell (units), y (units).
static void step(const linnet_lstm_params_t *p, const uint8_t *data, const uint16_t *table, const int8_t *x,
    const int8_t *hidden, int16_t *cell, int8_t *y) {
    const uint32_t stride = p->in_n + p->units;
    const int32_t *bias = (const int32_t *)(const void *)data;                     // (units, 2 of x and hidden, N_GATES)
    const int8_t *weights = (const int8_t *)(bias + 2 * N_GATES * (size_t)p->units);  // (units, N_GATES, in_n + units)
    for (uint32_t unit = 0; unit < p->units; unit++, bias += 2 * N_GATES) {
        int32_t gates[N_GATES];
        for (int i = 0; i < N_GATES; i += 2, weights += 2 * stride) {
            uint32_t x_sums[2] = { (uint32_t)bias[i], (uint32_t)bias[i + 1] };
            uint32_t hidden_sums[2] = { (uint32_t)bias[N_GATES + i], (uint32_t)bias[N_GATES + i + 1] };
            linnet_dots(x, p->in_n, weights, stride, x_sums);
            linnet_dots(hidden, p->units, weights + p->in_n, stride, hidden_sums);
            gates[i] = gate(x_sums[0], hidden_sums[0], p, i);
            gates[i + 1] = gate(x_sums[1], hidden_sums[1], p, i + 1);
        }
        const int32_t input = linnet_sigmoid16(3 * gates[INPUT], table), forget = linnet_sigmoid16(3 * gates[FORGET], table);
        const int32_t candidate = linnet_tanh16(3 * gates[CELL], table), output = linnet_sigmoid16(3 * gates[OUTPUT], table);
        const int32_t sum = scaled(forget * cell[unit], p, FORGET_MUL) + scaled(input * candidate, p, INPUT_MUL);
        const int32_t state = linnet_clamp(linnet_clamp(sum, INT16_MIN, INT16_MAX), p->cell_min, p->cell_max);
        cell[unit] = (int16_t)state;
        const int32_t right = p->cell_shift < 0 ? -p->cell_shift : 0, half = right ? 1 << (right - 1) : 0;
        const int32_t in_q12 = p->cell_shift < 0 ? (3 * state + half) >> right : state * (3 << p->cell_shift);
        const int32_t product = linnet_tanh16(in_q12, table) * output;
        const int32_t result = linnet_requant(product, p->multiplier[OUTPUT_MUL], p->shift[OUTPUT_MUL]);
        y[unit] = (int8_t)linnet_clamp(linnet_wrapping_add(result, p->output_zero_point), INT8_MIN, INT8_MAX);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_lstm_params_t *p = call->params;
    const uint16_t *table = linnet_input(call, TABLE);
    const int8_t *x = linnet_input(call, X);
    int8_t *y = linnet_output(call, 0);
    int8_t *state = linnet_output(call, HIDDEN);
    int16_t *cell = linnet_output(call, CELL_STATE);
    for (uint32_t batch = 0; batch < p->batches; batch++, state += p->units, cell += p->units) {
        const int8_t *hidden = state;
        for (uint32_t i = 0; i < p->steps; i++) {
            const uint32_t row = p->time_major ? i * p->batches + batch : batch * p->steps + i;
            step(p, call->data, table, x + (size_t)row * p->in_n, hidden, cell, y + (size_t)row * p->units);
            hidden = y + (size_t)row * p->units;
        }
        memmove(state, hidden, p->units);
    }
}

const linnet_kernel_t linnet_unidirectional_sequence_lstm_kernel = { 4, 3, sizeof(linnet_lstm_params_t), check, NULL, run };
