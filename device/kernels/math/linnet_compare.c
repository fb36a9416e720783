// COMPARE: two inputs of one dtype, broadcast, -> bool: EQUAL or GREATER, or the opposite; the host swaps the inputs for LESS.
// int8 of different quantization compares by ranks that the host has computed. TFLite's reference/comparisons.h.

#include <string.h>

#include "linnet_broadcast.h"

enum { EQUAL, GREATER, N_RELATIONS };

typedef struct {
    linnet_broadcast_t broadcast;
    uint8_t relation;
    uint8_t is_opposite;
    uint16_t reserved;
} linnet_compare_params_t;

typedef struct {
    const uint8_t *in[2];
    uint32_t stride[2];  // in elements
    uint8_t *out;
    uint32_t n;
    int is_greater;
    uint8_t opposite;
} row_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_compare_params_t *p = call->params;
    const uint32_t dtype = linnet_input_tensor(call, 0)->dtype;
    if (linnet_input_tensor(call, 1)->dtype != dtype || linnet_output_tensor(call, 0)->dtype != LINNET_BOOL
        || (dtype != LINNET_INT8 && dtype != LINNET_BOOL && dtype != LINNET_INT32 && dtype != LINNET_INT64)) {
        return LINNET_ERR_OPERANDS;
    }
    if (p->relation >= N_RELATIONS || p->is_opposite > 1 || p->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    const uint32_t ranks = call->operator->data_bytes;
    if (ranks != 0 && (ranks != 2 * 256 * sizeof(int16_t) || dtype != LINNET_INT8)) {
        return LINNET_ERR_DATA;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

// ranks (2, 256), indexed by the bytes.
static void ranked(const row_t *row, const int16_t *ranks) {
    const uint8_t *a = row->in[0], *b = row->in[1];
    for (uint32_t i = 0; i < row->n; i++, a += row->stride[0], b += row->stride[1]) {
        const int32_t x = ranks[*a], y = ranks[256 + *b];
        row->out[i] = (uint8_t)(row->is_greater ? x > y : x == y) ^ row->opposite;
    }
}

#define COMPARE(name, type) \
    static void name(const row_t *row) { \
        const type *a = (const type *)(const void *)row->in[0], *b = (const type *)(const void *)row->in[1]; \
        for (uint32_t i = 0; i < row->n; i++, a += row->stride[0], b += row->stride[1]) { \
            row->out[i] = (uint8_t)(row->is_greater ? *a > *b : *a == *b) ^ row->opposite; \
        } \
    }

COMPARE(compare_int8, int8_t)
COMPARE(compare_int32, int32_t)

// An int64 lies at a multiple of 4 at least.
static void compare_int64(const row_t *row) {
    const uint8_t *a = row->in[0], *b = row->in[1];
    for (uint32_t i = 0; i < row->n; i++, a += 8 * row->stride[0], b += 8 * row->stride[1]) {
        int64_t x, y;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        row->out[i] = (uint8_t)(row->is_greater ? x > y : x == y) ^ row->opposite;
    }
}

static void run(const linnet_call_t *call) {
    const linnet_compare_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const uint32_t dtype = linnet_input_tensor(call, 0)->dtype;
    const uint32_t size = linnet_dtype_bytes(dtype);
    const uint8_t *in0 = linnet_input(call, 0);
    const uint8_t *in1 = linnet_input(call, 1);
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b), p->relation == GREATER, p->is_opposite };
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + (size_t)walk.at[0] * size;
        row.in[1] = in1 + (size_t)walk.at[1] * size;
        if (call->operator->data_bytes) {
            ranked(&row, (const void *)call->data);
        } else if (size == 1) {
            compare_int8(&row);
        } else if (size == 4) {
            compare_int32(&row);
        } else {
            compare_int64(&row);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_compare_kernel = { 2, 1, sizeof(linnet_compare_params_t), check, NULL, run };
