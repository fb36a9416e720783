// Walking operands of different shapes in step.

#include "linnet_broadcast.h"

static uint64_t elements(const linnet_tensor_t *tensor) {
    return tensor->bytes / linnet_dtype_bytes(tensor->dtype);
}

int linnet_broadcast_ok(const linnet_broadcast_t *b, const linnet_call_t *call) {
    const uint64_t n = elements(linnet_output_tensor(call, 0));
    uint64_t product = 1;
    for (uint32_t axis = 0; axis < LINNET_BROADCAST_RANK; axis++) {
        product *= b->dims[axis];
        if (product == 0 || product > n) {
            return 0;
        }
    }
    if (product != n || call->operator->n_inputs > LINNET_BROADCAST_INPUTS) {
        return 0;
    }
    uint32_t any = 0;
    for (uint32_t i = 0; i < call->operator->n_inputs; i++) {
        any |= linnet_broadcast_stride(b, i);
    }
    if (any > 1 || (any == 0 && linnet_broadcast_row(b) > 1)) {
        return 0;
    }
    for (uint32_t i = 0; i < call->operator->n_inputs; i++) {
        const uint64_t limit = elements(linnet_input_tensor(call, i));
        uint64_t last = 0;
        for (uint32_t axis = 0; axis < LINNET_BROADCAST_RANK; axis++) {
            last += (uint64_t)(b->dims[axis] - 1) * b->strides[i][axis];
            if (last >= limit) {
                return 0;
            }
        }
    }
    return 1;
}

int linnet_broadcast_carry(const linnet_broadcast_t *b, linnet_walk_t *walk) {
    for (uint32_t axis = LINNET_BROADCAST_RANK - 1; axis-- > 0;) {
        for (uint32_t i = 0; i < LINNET_BROADCAST_INPUTS; i++) {
            walk->at[i] += b->strides[i][axis];
        }
        if (++walk->index[axis] < b->dims[axis]) {
            return 1;
        }
        for (uint32_t i = 0; i < LINNET_BROADCAST_INPUTS; i++) {
            walk->at[i] -= b->strides[i][axis] * b->dims[axis];
        }
        walk->index[axis] = 0;
    }
    return 0;
}
