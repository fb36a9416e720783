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

// Each of the ways in which x and y go through a row has a loop of its own: these are a few instructions long.
#define LOOP(x_i, y_i) \
    for (uint32_t i = 0; i < n; i++) { \
        out[i] = condition[i] ? x_i : y_i; \
    }

#define SELECT(name, type) \
    static void name(const row_t *row) { \
        const uint8_t *condition = row->condition; \
        const type *x = (const type *)(const void *)row->x, *y = (const type *)(const void *)row->y; \
        type *out = (type *)(void *)row->out; \
        const uint32_t n = row->n; \
        const type x_0 = *x, y_0 = *y; \
        if (row->stride_x && row->stride_y) { \
            LOOP(x[i], y[i]) \
        } else if (row->stride_x) { \
            LOOP(x[i], y_0) \
        } else if (row->stride_y) { \
            LOOP(x_0, y[i]) \
        } else { \
            LOOP(x_0, y_0) \
        } \
    }

SELECT(select_bytes, uint8_t)
SELECT(select_words, uint32_t)

// Where one condition is for the whole row.
static void take_row(const row_t *row, uint32_t size) {
    const uint8_t *from = *row->condition ? row->x : row->y;
    const uint32_t stride = *row->condition ? row->stride_x : row->stride_y;
    if (stride) {
        memmove(row->out, from, (size_t)row->n * size);
    } else if (size == 1) {
        memset(row->out, *from, row->n);
    } else {
        for (uint32_t i = 0; i < row->n; i++) {
            memmove(row->out + i * size, from, size);
        }
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
        if (row.stride == 0) {
            take_row(&row, size);
        } else if (size != 1 && size != 4) {
            select_units(&row, size);
        } else if (size == 1) {
            select_bytes(&row);
        } else {
            select_words(&row);
        }
        row.out += row.n * size;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_select_kernel = { 3, 1, sizeof(linnet_select_params_t), check, NULL, run };
