// ELEMENTWISE: int16 and int16, broadcast, -> int16: ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM. TFLite's reference/add.h,
// sub.h, maximum_minimum.h, integer_ops/mul.h. ADD and SUB scale with a left shift of 15.

#include "../math/linnet_broadcast.h"
#include "linnet_int16.h"

enum { ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM, N_MODES };

typedef struct {
    linnet_broadcast_t broadcast;
    int16_t act_min, act_max;
    uint32_t mode;
    int32_t multiplier[3];  // input 0, input 1, output
    int32_t shift[3];
} linnet_elementwise_int16_params_t;

typedef struct {
    const int16_t *in[2];
    uint32_t stride[2];
    int16_t *out;
    uint32_t n;
} row_t;

// The walk stays within the inputs and makes the whole output.
static int is_inside(const linnet_broadcast_t *b, const linnet_call_t *call) {
    const uint64_t n = linnet_output_tensor(call, 0)->bytes / sizeof(int16_t);
    uint64_t product = 1;
    for (uint32_t axis = 0; axis < LINNET_BROADCAST_RANK; axis++) {
        product *= b->dims[axis];
        if (product == 0 || product > n) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        const uint64_t limit = linnet_input_tensor(call, i)->bytes / sizeof(int16_t);
        uint64_t last = 0;
        for (uint32_t axis = 0; axis < LINNET_BROADCAST_RANK; axis++) {
            last += (uint64_t)(b->dims[axis] - 1) * b->strides[i][axis];
            if (last >= limit) {
                return 0;
            }
        }
    }
    return product == n;
}

// To the next row; 0 after the last.
static int next(const linnet_broadcast_t *b, linnet_walk_t *walk) {
    for (uint32_t axis = LINNET_BROADCAST_RANK - 1; axis-- > 0;) {
        walk->at[0] += b->strides[0][axis];
        walk->at[1] += b->strides[1][axis];
        if (++walk->index[axis] < b->dims[axis]) {
            return 1;
        }
        walk->at[0] -= b->strides[0][axis] * b->dims[axis];
        walk->at[1] -= b->strides[1][axis] * b->dims[axis];
        walk->index[axis] = 0;
    }
    return 0;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_elementwise_int16_params_t *p = call->params;
    if (linnet_input_tensor(call, 0)->dtype != LINNET_INT16 || linnet_input_tensor(call, 1)->dtype != LINNET_INT16
        || linnet_output_tensor(call, 0)->dtype != LINNET_INT16) {
        return LINNET_ERR_OPERANDS;
    }
    for (int i = 0; i < 3; i++) {
        // Only products take a left shift.
        const int32_t most = i == 2 && (p->mode == MUL || p->mode == SQUARED_DIFFERENCE) ? 30 : 0;
        if (p->multiplier[i] < 0 || p->shift[i] < -31 || p->shift[i] > most) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (p->act_min > p->act_max || p->mode >= N_MODES || !is_inside(&p->broadcast, call)) {
        return LINNET_ERR_PARAMS;
    }
    return LINNET_OK;
}

// linnet_requant of x * 2^15, in 32 bits.
static inline int32_t scaled(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t high = x * (multiplier >> 16) + ((x * (multiplier & 0xffff) + (1 << 15)) >> 16);
    return linnet_rounding_shift(high, (uint32_t)-shift);
}

static void sums(const linnet_elementwise_int16_params_t *p, const row_t *row) {
    const int16_t *a = row->in[0], *b = row->in[1];
    const int32_t multiplier_a = p->multiplier[0], shift_a = p->shift[0];
    const int32_t multiplier_b = p->multiplier[1], shift_b = p->shift[1];
    for (uint32_t i = 0; i < row->n; i++, a += row->stride[0], b += row->stride[1]) {
        const int32_t x = scaled(*a, multiplier_a, shift_a);
        const int32_t y = scaled(*b, multiplier_b, shift_b);
        const int32_t sum = linnet_wrapping_add(x, p->mode == ADD ? y : -y);
        row->out[i] = (int16_t)linnet_clamp(linnet_requant(sum, p->multiplier[2], p->shift[2]), p->act_min, p->act_max);
    }
}

static void products(const linnet_elementwise_int16_params_t *p, const row_t *row) {
    const int16_t *a = row->in[0], *b = row->in[1];
    for (uint32_t i = 0; i < row->n; i++, a += row->stride[0], b += row->stride[1]) {
        int32_t x = *a, y = *b;
        if (p->mode == SQUARED_DIFFERENCE) {
            x = linnet_requant_int16(x, p->multiplier[0], p->shift[0]) - linnet_requant_int16(y, p->multiplier[1], p->shift[1]);
            y = x;
        }
        const int32_t product = (int32_t)((uint32_t)x * (uint32_t)y);
        row->out[i] = (int16_t)linnet_clamp(linnet_requant(product, p->multiplier[2], p->shift[2]), p->act_min, p->act_max);
    }
}

static inline void extreme(int is_maximum, const row_t *row, uint32_t stride_a, uint32_t stride_b) {
    const int16_t *a = row->in[0], *b = row->in[1];
    int16_t *out = row->out;
    for (const int16_t *end = out + row->n; out != end; a += stride_a, b += stride_b) {
        const int16_t x = *a, y = *b;
        *out++ = is_maximum ? (x > y ? x : y) : x < y ? x : y;
    }
}

static void extremes(int is_maximum, const row_t *row) {
    const uint32_t stride_a = row->stride[0], stride_b = row->stride[1];
    if (stride_a == 1 && stride_b == 1) {
        is_maximum ? extreme(1, row, 1, 1) : extreme(0, row, 1, 1);
    } else {
        extreme(is_maximum, row, stride_a, stride_b);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_elementwise_int16_params_t *p = call->params;
    const int16_t *in0 = linnet_input(call, 0);
    const int16_t *in1 = linnet_input(call, 1);
    const linnet_broadcast_t *b = &p->broadcast;
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b) };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + walk.at[0];
        row.in[1] = in1 + walk.at[1];
        if (p->mode <= SUB) {
            sums(p, &row);
        } else if (p->mode <= SQUARED_DIFFERENCE) {
            products(p, &row);
        } else {
            extremes(p->mode == MAXIMUM, &row);
        }
        row.out += row.n;
    } while (next(b, &walk));
}

const linnet_kernel_t linnet_elementwise_int16_kernel
    = { 2, 1, sizeof(linnet_elementwise_int16_params_t), check, NULL, run };
