// FULLY_CONNECTED for armv6m: inputs are widened to words, long rows in chunks so that little RAM is enough.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M)

#include "linnet_armv6m.h"

#if LINNET_IS(ARMV6M)
#pragma GCC optimize("Os")  // the loops that matter are in assembly
#endif

#define MAX_SIZE (1u << 24)
#define MAX_WHOLE 256u
#define CHUNK 96u

typedef struct {
    uint32_t rows, in_n, out_n;
    linnet_requant_t requant;
} params_t;

// Its sizes only.
static linnet_armv6m_matrix_t matrix_of(const params_t *p) {
    const uint32_t chunk = p->in_n <= MAX_WHOLE ? p->in_n : CHUNK;
    const linnet_armv6m_matrix_t matrix
        = { .n_outputs = p->out_n, .n_inputs = p->in_n, .chunk = chunk, .requant = &p->requant };
    return matrix;
}

static linnet_status_t check(const linnet_call_t *call) {
    const params_t *p = call->params;
    if (!p->rows || !p->in_n || !p->out_n || p->rows > MAX_SIZE || p->in_n > MAX_SIZE || p->out_n > MAX_SIZE
        || !linnet_requant_ok(&p->requant)) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, (uint64_t)p->rows * p->in_n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, (uint64_t)p->rows * p->out_n)) {
        return LINNET_ERR_OPERANDS;
    }
    linnet_armv6m_matrix_t matrix = matrix_of(p);
    return linnet_armv6m_matrix_check(&matrix, call);
}

static uint32_t scratch(const void *params) {
    const linnet_armv6m_matrix_t matrix = matrix_of(params);
    return linnet_armv6m_matrix_scratch(&matrix);
}

static void run(const linnet_call_t *call) {
    const params_t *p = call->params;
    linnet_armv6m_matrix_t matrix = matrix_of(p);
    linnet_armv6m_matrix_open(&matrix, call);
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t row = 0; row < p->rows; row++, in += p->in_n, out += p->out_n) {
        linnet_armv6m_multiply(&matrix, in, out);
    }
}

const linnet_kernel_t linnet_fully_connected_armv6m_kernel = { 1, 1, sizeof(params_t), check, scratch, run };

#endif
