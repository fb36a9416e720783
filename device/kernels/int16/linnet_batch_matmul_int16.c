// BATCH_MATMUL: int16 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols), both operands in the arena or
// constant, sums of 64 bits. TFLite's reference/batch_matmul.h. Either operand is walked by strides, as int8's.

#include "linnet_int16.h"

typedef struct {
    uint32_t batches[3], a_batch[3], b_batch[3];
    uint32_t rows, depth, cols;
    uint32_t a_row, a_step;  // from row to row, and along the depth, in elements
    uint32_t b_col, b_step;
    int32_t multiplier, shift;  // as of long sums
} linnet_batch_matmul_int16_params_t;

// The last element that an operand's strides reach is one of the tensor's. The depth is never repeated.
static int reaches(const linnet_batch_matmul_int16_params_t *p, const uint32_t *batch, uint32_t n, uint32_t across,
    uint32_t step, const linnet_tensor_t *tensor) {
    const uint64_t limit = 1u << 30;  // no sum of five products overflows
    if (batch[0] > limit || batch[1] > limit || batch[2] > limit || across > limit || step > limit) {
        return 0;
    }
    uint64_t last = (uint64_t)(n - 1) * across + (uint64_t)(p->depth - 1) * step;
    for (int i = 0; i < 3; i++) {
        last += (uint64_t)(p->batches[i] - 1) * batch[i];
    }
    const uint32_t n_elements = tensor->bytes / sizeof(int16_t);
    return tensor->dtype == LINNET_INT16 && last < n_elements && p->depth <= n_elements;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_batch_matmul_int16_params_t *p = call->params;
    const uint32_t limit = 1u << 24;
    for (int i = 0; i < 3; i++) {
        if (!p->batches[i] || p->batches[i] > limit) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (!p->rows || !p->depth || !p->cols || p->rows > limit || p->depth > limit || p->cols > limit || p->multiplier < 0
        || p->multiplier > INT16_MAX || p->shift < -31 || p->shift > 7) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t outer = (uint64_t)p->batches[0] * p->batches[1];  // the products that follow stay within 64 bits
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (outer > out->bytes || outer * p->batches[2] > out->bytes || (uint64_t)p->rows * p->cols > out->bytes
        || !linnet_tensor_is(out, LINNET_INT16, outer * p->batches[2] * p->rows * p->cols)
        || !reaches(p, p->a_batch, p->rows, p->a_row, p->a_step, linnet_input_tensor(call, 0))
        || !reaches(p, p->b_batch, p->cols, p->b_col, p->b_step, linnet_input_tensor(call, 1))) {
        return LINNET_ERR_OPERANDS;
    }
    return LINNET_OK;
}

static inline int16_t finish(uint64_t sum, const linnet_batch_matmul_int16_params_t *p) {
    return (int16_t)linnet_clamp(linnet_requant_long((int64_t)sum, p->multiplier, p->shift), INT16_MIN, INT16_MAX);
}

// One row by all columns.
static void run_row(const linnet_batch_matmul_int16_params_t *p, const int16_t *a, const int16_t *b, int16_t *out) {
    const uint32_t a_step = p->a_step, b_step = p->b_step, b_col = p->b_col;
    uint32_t col = 0;
    for (uint32_t at = 0; col + 1 < p->cols; col += 2, at += 2 * b_col) {
        const int16_t *even = b + at, *odd = even + b_col;
        uint64_t sum0 = 0, sum1 = 0;
        for (uint32_t k = p->depth, i = 0, j = 0; k > 0; k--, i += a_step, j += b_step) {
            const int32_t x = a[i];
            sum0 += (uint64_t)(int64_t)(x * even[j]);
            sum1 += (uint64_t)(int64_t)(x * odd[j]);
        }
        out[col] = finish(sum0, p);
        out[col + 1] = finish(sum1, p);
    }
    if (col < p->cols) {
        const int16_t *last = b + col * b_col;
        uint64_t sum = 0;
        for (uint32_t k = p->depth, i = 0, j = 0; k > 0; k--, i += a_step, j += b_step) {
            sum += (uint64_t)(int64_t)(a[i] * last[j]);
        }
        out[col] = finish(sum, p);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_batch_matmul_int16_params_t *p = call->params;
    const int16_t *const a = linnet_input(call, 0);
    const int16_t *const b = linnet_input(call, 1);
    int16_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->batches[0]; i++) {
        for (uint32_t j = 0; j < p->batches[1]; j++) {
            for (uint32_t k = 0; k < p->batches[2]; k++) {
                const int16_t *rows = a + i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2];
                const int16_t *matrix = b + i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2];
                for (uint32_t row = 0; row < p->rows; row++, out += p->cols) {
                    run_row(p, rows + row * p->a_row, matrix, out);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_batch_matmul_int16_kernel
    = { 2, 1, sizeof(linnet_batch_matmul_int16_params_t), check, NULL, run };
