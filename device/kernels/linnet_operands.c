// The operands of an operator, and where they lie.

#include "linnet_kernel.h"

const linnet_tensor_t *linnet_input_tensor(const linnet_call_t *call, uint32_t i) {
    return &call->model->tensors[call->operator->tensors[i]];
}

const linnet_tensor_t *linnet_output_tensor(const linnet_call_t *call, uint32_t i) {
    return linnet_input_tensor(call, call->operator->n_inputs + i);
}

const void *linnet_input(const linnet_call_t *call, uint32_t i) {
    return linnet_tensor_data(call->model, call->arena, call->operator->tensors[i]);
}

void *linnet_output(const linnet_call_t *call, uint32_t i) {
    return linnet_tensor_data(call->model, call->arena, call->operator->tensors[call->operator->n_inputs + i]);
}
