// PRELU: int8 x and int8 alpha, broadcast, -> int8: x where it is not negative, x * alpha elsewhere. TFLite's reference/prelu.h.

#include "../linnet_requant.h"
#include "linnet_broadcast.h"
#include "linnet_scale.h"

typedef struct {
    linnet_broadcast_t broadcast;
    int16_t zero_point[2];  // of x, alpha
    int16_t output_zero_point;
    uint16_t reserved;
    int32_t multiplier[2];  // of x, of x * alpha
    int32_t shift[2];
} linnet_prelu_params_t;

typedef struct {
    const int8_t *x, *alpha;
    uint32_t stride[2];
    int8_t *out;
    uint32_t n;
} row_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_prelu_params_t *p = call->params;
    for (uint32_t i = 0; i < 2; i++) {
        if (linnet_input_tensor(call, i)->dtype != LINNET_INT8) {
            return LINNET_ERR_OPERANDS;
        }
        const linnet_requant_t requant = { p->zero_point[i], p->output_zero_point, -128, 127 };
        if (!linnet_requant_ok(&requant) || p->multiplier[i] < 0 || p->shift[i] < -31 || p->shift[i] > 30 || p->reserved != 0) {
            return LINNET_ERR_PARAMS;
        }
    }
    if (linnet_output_tensor(call, 0)->dtype != LINNET_INT8) {
        return LINNET_ERR_OPERANDS;
    }
    if (call->operator->data_bytes != 0 && call->operator->data_bytes != 2 * sizeof(linnet_scale_t)) {
        return LINNET_ERR_DATA;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

// By scales of x and of x * alpha that the host has proved.
static void scaled(const linnet_scale_t *scales, const int16_t *zero_point, const row_t *row) {
    const int32_t zero_x = zero_point[0], zero_alpha = zero_point[1];
    const int8_t *x = row->x, *alpha = row->alpha;
    for (uint32_t i = 0; i < row->n; i++, x += row->stride[0], alpha += row->stride[1]) {
        const int32_t value = *x - zero_x;
        row->out[i] = value >= 0 ? linnet_scale(&scales[0], value) : linnet_scale(&scales[1], value * (*alpha - zero_alpha));
    }
}

static void exact(const linnet_prelu_params_t *p, const row_t *row) {
    const int8_t *x = row->x, *alpha = row->alpha;
    for (uint32_t i = 0; i < row->n; i++, x += row->stride[0], alpha += row->stride[1]) {
        const int32_t value = *x - p->zero_point[0];
        const int k = value < 0;
        const int32_t y = linnet_requant(k ? value * (*alpha - p->zero_point[1]) : value, p->multiplier[k], p->shift[k]);
        row->out[i] = (int8_t)linnet_clamp(linnet_wrapping_add(y, p->output_zero_point), -128, 127);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_prelu_params_t *p = call->params;
    const int8_t *x = linnet_input(call, 0);
    const int8_t *alpha = linnet_input(call, 1);
    const linnet_broadcast_t *b = &p->broadcast;
    row_t row = { x, alpha, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b) };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.x = x + walk.at[0];
        row.alpha = alpha + walk.at[1];
        if (call->operator->data_bytes) {
            scaled((const void *)call->data, p->zero_point, &row);
        } else {
            exact(p, &row);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_prelu_kernel = { 2, 1, sizeof(linnet_prelu_params_t), check, NULL, run };
