// ADD for armv6m: what each byte of either input contributes comes from a table; the host has tried all 65536 pairs.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M)

#include "linnet_armv6m.h"

#if LINNET_IS(ARMV6M)
#pragma GCC optimize("Os")  // the loops that matter are in assembly
#endif

// As linnet_add.c has them; all but n has gone into the tables.
typedef struct {
    uint32_t n;
    int16_t unused[6];
    int32_t unused_factors[6];
} params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const params_t *p = call->params;
    if (!p->n || !linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, p->n)
        || !linnet_tensor_is(linnet_input_tensor(call, 1), LINNET_INT8, p->n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, p->n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == sizeof(linnet_armv6m_add_t) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const params_t *p = call->params;
    const linnet_armv6m_add_t *add = (const linnet_armv6m_add_t *)(const void *)call->data;
    linnet_armv6m_add(linnet_input(call, 0), linnet_input(call, 1), linnet_output(call, 0), add, p->n);
}

const linnet_kernel_t linnet_add_armv6m_kernel = { 2, 1, sizeof(params_t), check, NULL, run };

#endif
