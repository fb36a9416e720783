// Running an open model: walk the operators, nothing more.

#include "../kernels/linnet_kernel.h"

static const linnet_operator_t *next(const linnet_operator_t *op) {
    return (const linnet_operator_t *)(const void *)((const uint8_t *)op + op->record_bytes);
}

const linnet_operator_t *linnet_operator(const linnet_model_t *model, uint32_t index) {
    const linnet_operator_t *op = model->operators;
    while (index-- > 0) {
        op = next(op);
    }
    return op;
}

linnet_status_t linnet_run(const linnet_model_t *model, void *arena, size_t arena_bytes, uint32_t first, uint32_t last) {
    if (arena_bytes < model->header->arena_bytes || (uintptr_t)arena % LINNET_ARENA_ALIGNMENT != 0) {
        return LINNET_ERR_ARENA;
    }
    if (first > last || last > model->header->n_operators) {
        return LINNET_ERR_RANGE;
    }
    const linnet_operator_t *op = linnet_operator(model, first);
    for (uint32_t i = first; i < last; i++, op = next(op)) {
        linnet_call_t call = linnet_call(model, op);
        call.arena = arena;
        call.scratch = call.arena + op->scratch_offset;
        linnet_kernel(model, op->code, op->variant)->run(&call);
    }
    return LINNET_OK;
}
