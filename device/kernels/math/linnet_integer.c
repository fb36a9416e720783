// INTEGER: int32 and int32, broadcast, -> int32: arithmetic on whole numbers, such as indices. Sums and products wrap; what
// is divided by 0 is 0. TFLite's reference/add.h, floor_div.h and their like.

#include "../linnet_requant.h"
#include "linnet_broadcast.h"

enum { ADD, SUB, MUL, MAXIMUM, MINIMUM, DIV, FLOOR_DIV, FLOOR_MOD, SQUARED_DIFFERENCE, N_MODES };

typedef struct {
    linnet_broadcast_t broadcast;
    int32_t act_min, act_max;
    uint32_t mode;
} linnet_integer_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_integer_params_t *p = call->params;
    if (linnet_input_tensor(call, 0)->dtype != LINNET_INT32 || linnet_input_tensor(call, 1)->dtype != LINNET_INT32
        || linnet_output_tensor(call, 0)->dtype != LINNET_INT32) {
        return LINNET_ERR_OPERANDS;
    }
    const int is_sane = p->mode < N_MODES && p->act_min <= p->act_max;
    return is_sane && linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

// To zero, or to the number below where is_floor; a quotient beyond int32 wraps.
static int32_t quotient(int32_t a, int32_t b, int is_floor) {
    if (b == 0 || b == -1) {
        return b == 0 ? 0 : (int32_t)(0 - (uint32_t)a);
    }
    const int32_t q = a / b;
    return is_floor && q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

typedef struct {
    const int32_t *a, *b;
    uint32_t stride[2];
    int32_t *out;
    uint32_t n;
} row_t;

#define ROW(name, expression) \
    static void name(const row_t *row) { \
        const int32_t *in0 = row->a, *in1 = row->b; \
        const uint32_t stride_a = row->stride[0], stride_b = row->stride[1]; \
        int32_t *out = row->out; \
        for (const int32_t *end = out + row->n; out != end; in0 += stride_a, in1 += stride_b) { \
            const int32_t a = *in0, b = *in1; \
            *out++ = expression; \
        } \
    }

ROW(add_strided, (int32_t)((uint32_t)a + (uint32_t)b))
ROW(subtract, (int32_t)((uint32_t)a - (uint32_t)b))
ROW(multiply, (int32_t)((uint32_t)a * (uint32_t)b))
ROW(maximum, a > b ? a : b)
ROW(minimum, a < b ? a : b)
ROW(divide, quotient(a, b, 0))
ROW(floor_divide, quotient(a, b, 1))
ROW(floor_modulo, (int32_t)((uint32_t)a - (uint32_t)quotient(a, b, 1) * (uint32_t)b))
ROW(squared_difference, (int32_t)(((uint32_t)a - (uint32_t)b) * ((uint32_t)a - (uint32_t)b)))

static void add(const row_t *row) {
    if (row->stride[0] && row->stride[1]) {
        const uint32_t *a = (const uint32_t *)row->a, *b = (const uint32_t *)row->b, n = row->n;
        uint32_t *out = (uint32_t *)row->out;
        for (uint32_t i = 0; i < n; i++) {
            out[i] = a[i] + b[i];
        }
    } else {
        add_strided(row);
    }
}

static void clamp(const row_t *row, int32_t act_min, int32_t act_max) {
    for (uint32_t i = 0; i < row->n; i++) {
        row->out[i] = linnet_clamp(row->out[i], act_min, act_max);
    }
}

static void run_row(const row_t *row, uint32_t mode) {
    switch (mode) {
        case ADD:
            add(row);
            break;
        case SUB:
            subtract(row);
            break;
        case MUL:
            multiply(row);
            break;
        case MAXIMUM:
            maximum(row);
            break;
        case MINIMUM:
            minimum(row);
            break;
        case DIV:
            divide(row);
            break;
        case FLOOR_DIV:
            floor_divide(row);
            break;
        case FLOOR_MOD:
            floor_modulo(row);
            break;
        default:
            squared_difference(row);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_integer_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const int32_t *in0 = linnet_input(call, 0);
    const int32_t *in1 = linnet_input(call, 1);
    row_t row = { in0, in1, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b) };
    const int is_clamped = p->act_min != INT32_MIN || p->act_max != INT32_MAX;
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.a = in0 + walk.at[0];
        row.b = in1 + walk.at[1];
        run_row(&row, p->mode);
        if (is_clamped) {
            clamp(&row, p->act_min, p->act_max);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_integer_kernel = { 2, 1, sizeof(linnet_integer_params_t), check, NULL, run };
