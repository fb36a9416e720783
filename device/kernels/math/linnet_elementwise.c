// ELEMENTWISE: int8 and int8, broadcast, -> int8: ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM. TFLite's reference/add.h,
// sub.h, maximum_minimum.h, integer_ops/mul.h. The last two work on bool as well: they are LOGICAL_OR and LOGICAL_AND.

#include "linnet_broadcast.h"
#include "../linnet_requant.h"
#include "linnet_scale.h"

enum { ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM, N_MODES };

typedef struct {
    linnet_broadcast_t broadcast;
    int16_t zero_point[2];
    int16_t output_zero_point;
    int16_t act_min, act_max;
    uint8_t mode;
    uint8_t reserved;
    int32_t multiplier[3];  // input 0, input 1, output
    int32_t shift[3];
} linnet_elementwise_params_t;

// ADD and SUB where the host has found constants that are right for all 65536 pairs of bytes: (factor[0] * a + factor[1] * b
// + addend, less nudge where that is below zero, held in 0 ... limit) >> 21, plus act_min.
typedef struct {
    uint32_t factor[2];
    uint32_t addend;
    uint32_t limit;
    int32_t zero;
    uint32_t nudge;
} plane_t;

typedef struct {
    const int8_t *in[2];
    uint32_t stride[2];
    int8_t *out;
    uint32_t n;
} row_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_elementwise_params_t *p = call->params;
    const uint32_t dtype = linnet_output_tensor(call, 0)->dtype;
    const int is_raw = p->mode == MAXIMUM || p->mode == MINIMUM;
    for (uint32_t i = 0; i < 2; i++) {
        if (linnet_input_tensor(call, i)->dtype != dtype) {
            return LINNET_ERR_OPERANDS;
        }
        if (p->zero_point[i] < -128 || p->zero_point[i] > 127) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (dtype != LINNET_INT8 && !(dtype == LINNET_BOOL && is_raw)) {
        return LINNET_ERR_OPERANDS;
    }
    for (int i = 0; i < 3; i++) {
        // Only products take a left shift.
        const int32_t most = i == 2 && (p->mode == MUL || p->mode == SQUARED_DIFFERENCE) ? 30 : 0;
        if (p->multiplier[i] < 0 || p->shift[i] < -31 || p->shift[i] > most) {
            return LINNET_ERR_PARAMS;
        }
    }
    const linnet_requant_t requant = { 0, p->output_zero_point, p->act_min, p->act_max };
    if (!linnet_requant_ok(&requant) || p->mode >= N_MODES || p->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    const uint32_t formula = p->mode <= SUB ? sizeof(plane_t) : p->mode == MUL ? sizeof(linnet_scale_t) : 0;
    if (call->operator->data_bytes != 0 && call->operator->data_bytes != formula) {
        return LINNET_ERR_DATA;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

static void plane(const plane_t *formula, int32_t act_min, const row_t *row) {
    const plane_t f = *formula;
    const int8_t *a = row->in[0], *b = row->in[1];
    const uint32_t stride_a = row->stride[0], stride_b = row->stride[1];
    int8_t *out = row->out;
    for (const int8_t *end = out + row->n; out != end; a += stride_a, b += stride_b) {
        uint32_t s = (uint32_t)*a * f.factor[0] + (uint32_t)*b * f.factor[1] + f.addend;
        if ((int32_t)s < f.zero) {
            s -= f.nudge;
        }
        if (s > f.limit) {
            s = (int32_t)s < 0 ? 0 : f.limit;
        }
        *out++ = (int8_t)(uint8_t)((s >> 21) + (uint32_t)act_min);
    }
}

static void product(const linnet_scale_t *scale, const int16_t *zero_point, const row_t *row) {
    const linnet_scale_t s = *scale;
    const int32_t zero_a = zero_point[0], zero_b = zero_point[1];
    const int8_t *a = row->in[0], *b = row->in[1];
    const uint32_t stride_a = row->stride[0], stride_b = row->stride[1];
    int8_t *out = row->out;
    for (const int8_t *end = out + row->n; out != end; a += stride_a, b += stride_b) {
        *out++ = linnet_scale(&s, (*a - zero_a) * (*b - zero_b));
    }
}

static void extreme(int is_maximum, const row_t *row) {
    const int8_t *a = row->in[0], *b = row->in[1];
    int8_t *out = row->out;
    for (const int8_t *end = out + row->n; out != end; a += row->stride[0], b += row->stride[1]) {
        *out++ = (*a > *b) == is_maximum ? *a : *b;
    }
}

// What no formula was found for, and squared differences: TFLite's chain of roundings.
static void exact(const linnet_elementwise_params_t *p, const row_t *row) {
    const int8_t *in[2] = { row->in[0], row->in[1] };
    const int32_t left = p->mode == SQUARED_DIFFERENCE ? 1 << 7 : 1 << 20;
    for (uint32_t k = 0; k < row->n; k++, in[0] += row->stride[0], in[1] += row->stride[1]) {
        int32_t x[2], y;
        for (int i = 0; i < 2; i++) {
            x[i] = *in[i] - p->zero_point[i];
            if (p->mode != MUL) {
                // The input of the larger scale is halved, without rounding.
                x[i] = p->multiplier[i] == 1 << 30 && p->shift[i] == 0 ? x[i] * (left / 2)
                                                                       : linnet_requant(x[i] * left, p->multiplier[i], p->shift[i]);
            }
        }
        if (p->mode == MUL) {
            y = x[0] * x[1];
        } else {
            y = p->mode == ADD ? x[0] + x[1] : x[0] - x[1];
            if (p->mode == SQUARED_DIFFERENCE) {
                y = (int32_t)((uint32_t)y * (uint32_t)y);
            }
        }
        y = linnet_wrapping_add(linnet_requant(y, p->multiplier[2], p->shift[2]), p->output_zero_point);
        row->out[k] = (int8_t)linnet_clamp(y, p->act_min, p->act_max);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_elementwise_params_t *p = call->params;
    const int8_t *in0 = linnet_input(call, 0);
    const int8_t *in1 = linnet_input(call, 1);
    const linnet_broadcast_t *b = &p->broadcast;
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b) };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + walk.at[0];
        row.in[1] = in1 + walk.at[1];
        if (p->mode == MAXIMUM || p->mode == MINIMUM) {
            extreme(p->mode == MAXIMUM, &row);
        } else if (call->operator->data_bytes == 0) {
            exact(p, &row);
        } else if (p->mode == MUL) {
            product((const void *)call->data, p->zero_point, &row);
        } else {
            plane((const void *)call->data, p->act_min, &row);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_elementwise_kernel = { 2, 1, sizeof(linnet_elementwise_params_t), check, NULL, run };
