// BINARY: float32 and float32, broadcast, -> float32, or bool where it compares. TFLite's reference/add.h, sub.h, mul.h, div.h,
// maximum_minimum.h, squared_difference.h, prelu.h, comparisons.h.

#include "linnet_float32.h"

enum {
    ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, PRELU,
    EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, N_MODES
};

typedef struct {
    linnet_broadcast_t broadcast;
    float act_min, act_max;  // of the four rules of arithmetic
    uint32_t mode;
} linnet_binary_float32_params_t;

typedef struct {
    const float *in[2];
    uint32_t stride[2];
    uint32_t n;
    float act_min, act_max;
} row_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_binary_float32_params_t *p = call->params;
    const linnet_dtype_t out = p->mode >= EQUAL ? LINNET_BOOL : LINNET_FLOAT32;
    if (p->mode >= N_MODES || !linnet_range_ok(p->act_min, p->act_max)) {
        return LINNET_ERR_PARAMS;
    }
    if (linnet_input_tensor(call, 0)->dtype != LINNET_FLOAT32 || linnet_input_tensor(call, 1)->dtype != LINNET_FLOAT32
        || linnet_output_tensor(call, 0)->dtype != out) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

#define EACH(result) \
    for (uint32_t n = row->n; n != 0; n--, pa += row->stride[0], pb += row->stride[1]) { \
        const float a = *pa, b = *pb; \
        *out++ = (result); \
    } \
    break

// What is common has a loop of its own where nothing is repeated.
#define EACH_NEXT(result) \
    if (row->stride[0] == 1 && row->stride[1] == 1) { \
        for (const float *end = pa + row->n; pa != end;) { \
            const float a = *pa++, b = *pb++; \
            *out++ = (result); \
        } \
        break; \
    } \
    EACH(result)

static void arithmetic(uint32_t mode, const row_t *row, float *out) {
    const float *pa = row->in[0], *pb = row->in[1];
    const float low = row->act_min, high = row->act_max;
    switch (mode) {
        case ADD:
            EACH_NEXT(linnet_clamp_float(a + b, low, high));
        case SUB:
            EACH_NEXT(linnet_clamp_float(a - b, low, high));
        case MUL:
            EACH_NEXT(linnet_clamp_float(a * b, low, high));
        case DIV:
            EACH(linnet_clamp_float(a / b, low, high));
        case MAXIMUM:
            EACH(linnet_less(b, a) ? a : b);
        case MINIMUM:
            EACH(linnet_less(a, b) ? a : b);
        case SQUARED_DIFFERENCE:
            EACH((a - b) * (a - b));
        default:
            EACH_NEXT(linnet_is_negative(a) ? a * b : a);
    }
}

static void compare(uint32_t mode, const row_t *row, uint8_t *out) {
    const float *pa = row->in[0], *pb = row->in[1];
    switch (mode) {
        case EQUAL:
            EACH(a == b);
        case NOT_EQUAL:
            EACH(a != b);
        case GREATER:
            EACH((uint8_t)linnet_less(b, a));
        case GREATER_EQUAL:
            EACH(a >= b);
        case LESS:
            EACH((uint8_t)linnet_less(a, b));
        default:
            EACH(a <= b);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_binary_float32_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const float *in0 = linnet_input(call, 0), *in1 = linnet_input(call, 1);
    uint8_t *out = linnet_output(call, 0);
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_broadcast_row(b),
                  p->act_min, p->act_max };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + walk.at[0];
        row.in[1] = in1 + walk.at[1];
        if (p->mode >= EQUAL) {
            compare(p->mode, &row, out);
            out += row.n;
        } else {
            arithmetic(p->mode, &row, (float *)(void *)out);
            out += row.n * sizeof(float);
        }
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_binary_float32_kernel = { 2, 1, sizeof(linnet_binary_float32_params_t), check, NULL, run };
