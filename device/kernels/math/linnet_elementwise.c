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
    int32_t multiplier, shift;
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

// Both inputs, brought to one scale, by their bytes; of differences input 1's with the sign turned.
typedef struct {
    int32_t scaled[2][256];
} tables_t;

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
    const linnet_requant_t requant = { 0, p->output_zero_point, p->act_min, p->act_max };
    if (!linnet_requant_ok(&requant) || p->mode >= N_MODES || p->reserved != 0 || p->multiplier < 0 || p->shift < -31
        || p->shift > 30) {
        return LINNET_ERR_PARAMS;
    }
    const uint32_t bytes = call->operator->data_bytes;
    const uint32_t formula = p->mode <= SUB ? sizeof(plane_t) : p->mode == MUL ? sizeof(linnet_scale_t) : 0;
    const uint32_t chain = p->mode <= SUB || p->mode == SQUARED_DIFFERENCE ? sizeof(tables_t) : 0;
    if (bytes != chain && (bytes != formula || formula == 0)) {
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

#define EXTREME(name, relation) \
    static void name(const row_t *row) { \
        const int8_t *a = row->in[0], *b = row->in[1]; \
        int8_t *out = row->out; \
        const uint32_t n = row->n; \
        if (row->stride[0] && row->stride[1]) { \
            for (uint32_t i = 0; i < n; i++) { \
                const int32_t x = a[i], y = b[i]; \
                out[i] = (int8_t)(x relation y ? x : y); \
            } \
        } else { \
            const int8_t *many = row->stride[0] ? a : b; \
            const int32_t y = row->stride[0] ? *b : *a; \
            for (uint32_t i = 0; i < n; i++) { \
                const int32_t x = many[i]; \
                out[i] = (int8_t)(x relation y ? x : y); \
            } \
        } \
    }

EXTREME(maximum, >)
EXTREME(minimum, <)

// What no formula was found for, and squared differences: TFLite's chain of roundings, the first of them made by the host.
static void exact(const linnet_elementwise_params_t *p, const tables_t *tables, const row_t *row) {
    const int32_t zero_a = p->zero_point[0], zero_b = p->zero_point[1], zero = p->output_zero_point;
    const int32_t multiplier = p->multiplier, shift = p->shift, act_min = p->act_min, act_max = p->act_max;
    const uint32_t mode = p->mode;
    const int8_t *a = row->in[0], *b = row->in[1];
    int8_t *out = row->out;
    for (const int8_t *end = out + row->n; out != end; a += row->stride[0], b += row->stride[1]) {
        int32_t y;
        if (mode == MUL) {
            y = (*a - zero_a) * (*b - zero_b);
        } else {
            y = linnet_wrapping_add(tables->scaled[0][(uint8_t)*a], tables->scaled[1][(uint8_t)*b]);
            if (mode == SQUARED_DIFFERENCE) {
                y = (int32_t)((uint32_t)y * (uint32_t)y);
            }
        }
        *out++ = (int8_t)linnet_clamp(linnet_wrapping_add(linnet_requant(y, multiplier, shift), zero), act_min, act_max);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_elementwise_params_t *p = call->params;
    const int8_t *in0 = linnet_input(call, 0);
    const int8_t *in1 = linnet_input(call, 1);
    const linnet_broadcast_t *b = &p->broadcast;
    const void *data = call->data;
    const uint32_t mode = p->mode, bytes = call->operator->data_bytes;
    const int is_exact = bytes == 0 || bytes == sizeof(tables_t);
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b) };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + walk.at[0];
        row.in[1] = in1 + walk.at[1];
        if (mode == MAXIMUM) {
            maximum(&row);
        } else if (mode == MINIMUM) {
            minimum(&row);
        } else if (is_exact) {
            exact(p, data, &row);
        } else if (mode == MUL) {
            product(data, p->zero_point, &row);
        } else {
            plane(data, p->act_min, &row);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_elementwise_kernel = { 2, 1, sizeof(linnet_elementwise_params_t), check, NULL, run };
