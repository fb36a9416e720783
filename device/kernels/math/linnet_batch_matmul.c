// BATCH_MATMUL: int8 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols), both operands in the arena or
// constant. TFLite's reference/batch_matmul.h, and its FULLY_CONNECTED where the weights are no constant or have a zero point.
//
// Either operand is walked by strides in bytes, so that a transposed one is read as it lies and a broadcast one again.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

typedef struct {
    uint32_t batches[3], a_batch[3], b_batch[3];
    uint32_t rows, depth, cols;
    uint32_t a_row, a_step;  // from row to row, and along the depth
    uint32_t b_col, b_step;
    int32_t multiplier, shift;
    linnet_requant_t requant;
    int16_t b_zero_point;
    uint16_t reserved;
} linnet_batch_matmul_params_t;

// The last byte that an operand's strides reach is one of the tensor's. The depth is never repeated.
static int reaches(const linnet_batch_matmul_params_t *p, const uint32_t *batch, uint32_t n, uint32_t across, uint32_t step,
    const linnet_tensor_t *tensor) {
    const uint64_t limit = 1u << 30;  // no sum of five products overflows
    if (batch[0] > limit || batch[1] > limit || batch[2] > limit || across > limit || step > limit) {
        return 0;
    }
    uint64_t last = (uint64_t)(n - 1) * across + (uint64_t)(p->depth - 1) * step;
    for (int i = 0; i < 3; i++) {
        last += (uint64_t)(p->batches[i] - 1) * batch[i];
    }
    return tensor->dtype == LINNET_INT8 && last < tensor->bytes && p->depth <= tensor->bytes;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_batch_matmul_params_t *p = call->params;
    const uint32_t limit = 1u << 24;
    for (int i = 0; i < 3; i++) {
        if (!p->batches[i] || p->batches[i] > limit) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (!p->rows || !p->depth || !p->cols || p->rows > limit || p->depth > limit || p->cols > limit || p->multiplier < 0
        || p->shift < -31 || p->shift > 30 || !linnet_requant_ok(&p->requant) || p->b_zero_point < -128
        || p->b_zero_point > 127 || p->reserved) {
        return LINNET_ERR_PARAMS;
    }
    const uint64_t outer = (uint64_t)p->batches[0] * p->batches[1];  // the products that follow stay within 64 bits
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (outer > out->bytes || outer * p->batches[2] > out->bytes
        || (uint64_t)p->rows * p->cols > out->bytes
        || !linnet_tensor_is(out, LINNET_INT8, outer * p->batches[2] * p->rows * p->cols)
        || !reaches(p, p->a_batch, p->rows, p->a_row, p->a_step, linnet_input_tensor(call, 0))
        || !reaches(p, p->b_batch, p->cols, p->b_col, p->b_step, linnet_input_tensor(call, 1))) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t bytes = call->operator->data_bytes;
    return bytes == 0 || bytes == 4 * (uint64_t)p->cols ? LINNET_OK : LINNET_ERR_DATA;
}

static inline int8_t finish(uint32_t acc, const linnet_batch_matmul_params_t *p) {
    const int32_t y = linnet_wrapping_add(linnet_requant((int32_t)acc, p->multiplier, p->shift), p->requant.output_zero_point);
    return (int8_t)linnet_clamp(y, p->requant.act_min, p->requant.act_max);
}

// One row by all columns. Of (a - za) * (b - zb) only the first difference is made in the loop; za is a's zero point, and
// zb times the row's sum is taken off before.
static void run_row(const linnet_batch_matmul_params_t *p, const int8_t *a, const int8_t *b, const int32_t *bias, int8_t *out) {
    const int32_t zero = p->requant.input_zero_point;
    const uint32_t depth = p->depth, a_step = p->a_step, b_step = p->b_step, b_col = p->b_col;
    uint32_t start = 0;
    if (p->b_zero_point != 0) {
        const int8_t *at = a;
        for (uint32_t k = depth;; at += a_step) {
            start -= (uint32_t)((*at - zero) * p->b_zero_point);
            if (--k == 0) {
                break;
            }
        }
    }
    uint32_t col = 0;
    for (; col + 1 < p->cols; col += 2, b += 2 * b_col) {
        const int8_t *in = a, *w = b;
        uint32_t acc0 = start, acc1 = start;
        for (uint32_t k = depth;;) {
            const int32_t x = *in - zero;
            acc0 += (uint32_t)(x * w[0]);
            acc1 += (uint32_t)(x * w[b_col]);
            if (--k == 0) {
                break;
            }
            in += a_step;
            w += b_step;
        }
        if (bias != NULL) {
            acc0 += (uint32_t)bias[col];
            acc1 += (uint32_t)bias[col + 1];
        }
        out[col] = finish(acc0, p);
        out[col + 1] = finish(acc1, p);
    }
    if (col < p->cols) {
        const int8_t *in = a, *w = b;
        uint32_t acc = start + (bias != NULL ? (uint32_t)bias[col] : 0);
        for (uint32_t k = depth;; in += a_step, w += b_step) {
            acc += (uint32_t)((*in - zero) * *w);
            if (--k == 0) {
                break;
            }
        }
        out[col] = finish(acc, p);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_batch_matmul_params_t *p = call->params;
    const int32_t *bias = call->operator->data_bytes ? (const int32_t *)(const void *)call->data : NULL;
    const int8_t *const a = linnet_input(call, 0);
    const int8_t *const b = linnet_input(call, 1);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < p->batches[0]; i++) {
        for (uint32_t j = 0; j < p->batches[1]; j++) {
            for (uint32_t k = 0; k < p->batches[2]; k++) {
                const int8_t *row = a + i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2];
                const int8_t *matrix = b + i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2];
                for (uint32_t n = p->rows;; row += p->a_row) {
                    run_row(p, row, matrix, bias, out);
                    out += p->cols;
                    if (--n == 0) {
                        break;
                    }
                }
            }
        }
    }
}

const linnet_kernel_t linnet_batch_matmul_kernel = { 2, 1, sizeof(linnet_batch_matmul_params_t), check, NULL, run };
