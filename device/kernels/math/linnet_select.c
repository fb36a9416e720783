// SELECT: bool, any, any -> any, all three broadcast: of every element the second input's where the first is true, else the third's.

#include <string.h>

#include "linnet_broadcast.h"

typedef struct {
    linnet_broadcast_t broadcast;
} linnet_select_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_select_params_t *p = call->params;
    const uint32_t dtype = linnet_output_tensor(call, 0)->dtype;
    if (linnet_input_tensor(call, 0)->dtype != LINNET_BOOL || linnet_input_tensor(call, 1)->dtype != dtype
        || linnet_input_tensor(call, 2)->dtype != dtype) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

typedef struct {
    const uint8_t *condition, *x, *y;
    uint32_t stride, stride_x, stride_y;
    uint8_t *out;
    uint32_t n;
} row_t;

static void select_bytes(const row_t *row) {
    const uint8_t *condition = row->condition, *x = row->x, *y = row->y;
    for (uint32_t i = 0; i < row->n; i++, condition += row->stride, x += row->stride_x, y += row->stride_y) {
        row->out[i] = *condition ? *x : *y;
    }
}

static void select_units(const row_t *row, uint32_t size) {
    const uint8_t *condition = row->condition, *x = row->x, *y = row->y;
    uint8_t *out = row->out;
    for (uint32_t i = 0; i < row->n; i++, condition += row->stride, x += row->stride_x * size, y += row->stride_y * size) {
        memmove(out, *condition ? x : y, size);
        out += size;
    }
}

static void select_words(const row_t *row) {
    const uint8_t *condition = row->condition;
    const uint32_t *x = (const uint32_t *)(const void *)row->x, *y = (const uint32_t *)(const void *)row->y;
    uint32_t *out = (uint32_t *)(void *)row->out;
    for (uint32_t i = 0; i < row->n; i++, condition += row->stride, x += row->stride_x, y += row->stride_y) {
        out[i] = *condition ? *x : *y;
    }
}

static void run(const linnet_call_t *call) {
    const linnet_select_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const uint32_t size = linnet_dtype_bytes(linnet_output_tensor(call, 0)->dtype);
    const uint8_t *condition = linnet_input(call, 0);
    const uint8_t *x = linnet_input(call, 1);
    const uint8_t *y = linnet_input(call, 2);
    row_t row = { condition, x, y, linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1), linnet_broadcast_stride(b, 2),
                  linnet_output(call, 0), linnet_broadcast_row(b) };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.condition = condition + walk.at[0];
        row.x = x + (size_t)walk.at[1] * size;
        row.y = y + (size_t)walk.at[2] * size;
        if (size == 1) {
            select_bytes(&row);
        } else if (size == 4) {
            select_words(&row);
        } else {
            select_units(&row, size);
        }
        row.out += row.n * size;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_select_kernel = { 3, 1, sizeof(linnet_select_params_t), check, NULL, run };
