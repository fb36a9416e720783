// BATCH_MATMUL: float32 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols), either transposed or repeated.
// TFLite's reference/batch_matmul.h.

#include "linnet_float32.h"

typedef struct {
    uint32_t batches[3];
    uint32_t a_batch[3], b_batch[3];  // elements from one matrix to the next
    uint32_t rows, depth, cols;
    uint32_t a_row, a_step;  // to the next row, along the depth
    uint32_t b_col, b_step;
} linnet_batch_matmul_float32_params_t;

// Whether an operand holds all that is read of it. The depth is never repeated.
static int is_within(const linnet_batch_matmul_float32_params_t *p, const uint32_t *batch, uint32_t n, uint32_t row, uint32_t step,
    const linnet_tensor_t *tensor) {
    const uint64_t limit = tensor->bytes / sizeof(float);
    const uint32_t sizes[5] = { p->batches[0], p->batches[1], p->batches[2], n, p->depth };
    const uint32_t strides[5] = { batch[0], batch[1], batch[2], row, step };
    uint64_t last = 0;
    for (int i = 0; i < 5; i++) {
        last += (uint64_t)(sizes[i] - 1) * strides[i];
        if (last >= limit) {
            return 0;
        }
    }
    return tensor->dtype == LINNET_FLOAT32 && p->depth <= limit;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_batch_matmul_float32_params_t *p = call->params;
    const uint32_t sizes[5] = { p->batches[0], p->batches[1], p->batches[2], p->rows, p->cols };
    const uint64_t limit = linnet_output_tensor(call, 0)->bytes;
    uint64_t n = 1;
    for (int i = 0; i < 5; i++) {
        n *= sizes[i];
        if (n == 0 || n > limit) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (p->depth == 0) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_is_float(linnet_output_tensor(call, 0), n)
           && is_within(p, p->a_batch, p->rows, p->a_row, p->a_step, linnet_input_tensor(call, 0))
           && is_within(p, p->b_batch, p->cols, p->b_col, p->b_step, linnet_input_tensor(call, 1))
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void dot(const float *a, uint32_t a_step, const float *b, uint32_t b_step, uint32_t n, float *out) {
    float total = 0;
    for (; n != 0; n--, a += a_step, b += b_step) {
        total += *a * *b;
    }
    *out = total;
}

// Of four columns, which share each load of a.
static void dots(const float *a, uint32_t a_step, const float *b, uint32_t b_col, uint32_t b_step, uint32_t n, float *out) {
    const float *b1 = b + b_col, *b2 = b1 + b_col, *b3 = b2 + b_col;
    float t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (; n != 0; n--, a += a_step, b += b_step, b1 += b_step, b2 += b_step, b3 += b_step) {
        const float x = *a;
        t0 += x * *b;
        t1 += x * *b1;
        t2 += x * *b2;
        t3 += x * *b3;
    }
    out[0] = t0, out[1] = t1, out[2] = t2, out[3] = t3;
}

static void product(const linnet_batch_matmul_float32_params_t *p, const float *a, const float *b, float *out) {
    for (uint32_t row = 0; row < p->rows; row++, a += p->a_row) {
        const float *column = b;
        uint32_t n = p->cols;
        for (; n >= 4; n -= 4, column += 4 * p->b_col, out += 4) {
            dots(a, p->a_step, column, p->b_col, p->b_step, p->depth, out);
        }
        for (; n != 0; n--, column += p->b_col) {
            dot(a, p->a_step, column, p->b_step, p->depth, out++);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_batch_matmul_float32_params_t *p = call->params;
    const float *a = linnet_input(call, 0), *b = linnet_input(call, 1);
    float *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->batches[0]; i++) {
        for (uint32_t j = 0; j < p->batches[1]; j++) {
            for (uint32_t k = 0; k < p->batches[2]; k++, out += p->rows * p->cols) {
                product(p, a + i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2],
                    b + i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2], out);
            }
        }
    }
}

const linnet_kernel_t linnet_batch_matmul_float32_kernel
    = { 2, 1, sizeof(linnet_batch_matmul_float32_params_t), check, NULL, run };
