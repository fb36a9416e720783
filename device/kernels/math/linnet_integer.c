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

static int32_t one(uint32_t mode, int32_t a, int32_t b) {
    const uint32_t x = (uint32_t)a, y = (uint32_t)b;
    switch (mode) {
        case ADD:
            return (int32_t)(x + y);
        case SUB:
            return (int32_t)(x - y);
        case MUL:
            return (int32_t)(x * y);
        case MAXIMUM:
            return a > b ? a : b;
        case MINIMUM:
            return a < b ? a : b;
        case DIV:
        case FLOOR_DIV:
            return quotient(a, b, mode == FLOOR_DIV);
        case FLOOR_MOD:
            return (int32_t)(x - (uint32_t)quotient(a, b, 1) * y);
        default:
            return (int32_t)((x - y) * (x - y));
    }
}

static void run(const linnet_call_t *call) {
    const linnet_integer_params_t *p = call->params;
    const linnet_broadcast_t *broadcast = &p->broadcast;
    const uint32_t stride_a = linnet_broadcast_stride(broadcast, 0), stride_b = linnet_broadcast_stride(broadcast, 1);
    int32_t *out = linnet_output(call, 0);
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        const int32_t *a = (const int32_t *)linnet_input(call, 0) + walk.at[0];
        const int32_t *b = (const int32_t *)linnet_input(call, 1) + walk.at[1];
        for (uint32_t i = linnet_broadcast_row(broadcast); i; i--, a += stride_a, b += stride_b) {
            *out++ = linnet_clamp(one(p->mode, *a, *b), p->act_min, p->act_max);
        }
    } while (linnet_broadcast_next(broadcast, &walk));
}

const linnet_kernel_t linnet_integer_kernel = { 2, 1, sizeof(linnet_integer_params_t), check, NULL, run };
