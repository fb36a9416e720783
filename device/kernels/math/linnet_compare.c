// COMPARE: two inputs of one dtype, broadcast, -> bool: EQUAL or GREATER, or the opposite; the host swaps the inputs for LESS.
// int8 of different quantization compares by ranks that the host has computed. TFLite's reference/comparisons.h.

#include "linnet_broadcast.h"

enum { EQUAL, GREATER, N_RELATIONS };

typedef struct {
    linnet_broadcast_t broadcast;
    uint8_t relation;
    uint8_t is_opposite;
    uint16_t reserved;
} linnet_compare_params_t;

typedef struct {
    const void *in[2];
    uint32_t stride[2];  // in elements
    uint8_t *out;
    uint32_t n;
    uint32_t is_greater, opposite;
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
    const uint32_t stride_a = row->stride[0], stride_b = row->stride[1], is_greater = row->is_greater, opposite = row->opposite;
    uint8_t *out = row->out;
    for (const uint8_t *end = out + row->n; out != end; a += stride_a, b += stride_b) {
        const int32_t x = ranks[*a], y = ranks[256 + *b];
        *out++ = (uint8_t)((uint32_t)(is_greater ? x > y : x == y) ^ opposite);
    }
}

// Each of the ways in which the two inputs go through a row has a loop of its own: these are a few instructions long.
#define COMPARE(name, type, relation) \
    static void name(const row_t *row) { \
        const type *a = row->in[0], *b = row->in[1]; \
        uint8_t *out = row->out; \
        const uint32_t n = row->n; \
        if (row->stride[0] && row->stride[1]) { \
            for (uint32_t i = 0; i < n; i++) { \
                out[i] = a[i] relation b[i]; \
            } \
        } else if (row->stride[0]) { \
            const type y = *b; \
            for (uint32_t i = 0; i < n; i++) { \
                out[i] = a[i] relation y; \
            } \
        } else { \
            const type x = *a; \
            for (uint32_t i = 0; i < n; i++) { \
                out[i] = x relation b[i]; \
            } \
        } \
    }

COMPARE(equal_int8, int8_t, ==)
COMPARE(not_equal_int8, int8_t, !=)
COMPARE(equal_int32, int32_t, ==)
COMPARE(not_equal_int32, int32_t, !=)
COMPARE(greater_int32, int32_t, >)
COMPARE(less_or_equal_int32, int32_t, <=)

static void greater_int8(const row_t *row) {
    const int8_t *a = row->in[0], *b = row->in[1];
    const uint32_t stride_a = row->stride[0], stride_b = row->stride[1], opposite = row->opposite;
    uint8_t *out = row->out;
    for (const uint8_t *end = out + row->n; out != end; a += stride_a, b += stride_b) {
        *out++ = (uint8_t)((*a > *b) ^ opposite);
    }
}

// An int64 lies at a multiple of 4 at least.
static void compare_int64(const row_t *row) {
    const uint32_t *a = row->in[0], *b = row->in[1];
    const uint32_t stride_a = 2 * row->stride[0], stride_b = 2 * row->stride[1], opposite = row->opposite;
    uint8_t *out = row->out;
    const uint8_t *end = out + row->n;
    if (row->is_greater) {
        for (; out != end; a += stride_a, b += stride_b) {
            const int64_t x = (int64_t)((uint64_t)a[1] << 32 | a[0]), y = (int64_t)((uint64_t)b[1] << 32 | b[0]);
            *out++ = (uint8_t)((x > y) ^ opposite);
        }
    } else {
        for (; out != end; a += stride_a, b += stride_b) {
            *out++ = (uint8_t)((((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0) ^ opposite);
        }
    }
}

static void compare_int32(const row_t *row) {
    if (row->is_greater) {
        if (row->opposite) {
            less_or_equal_int32(row);
        } else {
            greater_int32(row);
        }
    } else if (row->opposite) {
        not_equal_int32(row);
    } else {
        equal_int32(row);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_compare_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const uint32_t size = linnet_dtype_bytes(linnet_input_tensor(call, 0)->dtype);
    const uint8_t *in0 = linnet_input(call, 0);
    const uint8_t *in1 = linnet_input(call, 1);
    row_t row = { { in0, in1 }, { linnet_broadcast_stride(b, 0), linnet_broadcast_stride(b, 1) }, linnet_output(call, 0),
                  linnet_broadcast_row(b), p->relation == GREATER, p->is_opposite };
    const int16_t *ranks = call->operator->data_bytes ? (const void *)call->data : NULL;
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        row.in[0] = in0 + walk.at[0] * size;
        row.in[1] = in1 + walk.at[1] * size;
        if (size == 4) {
            compare_int32(&row);
        } else if (size == 8) {
            compare_int64(&row);
        } else if (ranks) {
            ranked(&row, ranks);
        } else if (row.is_greater) {
            greater_int8(&row);
        } else if (row.opposite) {
            not_equal_int8(&row);
        } else {
            equal_int8(&row);
        }
        row.out += row.n;
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_compare_kernel = { 2, 1, sizeof(linnet_compare_params_t), check, NULL, run };
