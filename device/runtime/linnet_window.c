// Running a model whose weights stay in a file: operators get theirs through a window, a few at a time. The caller reads the file.

#include "../kernels/linnet_kernel.h"

// Widens [*low, *high) so that it holds `bytes` from `offset` on; both lie inside WEIGHTS.
static void widen(uint32_t *low, uint32_t *high, uint32_t offset, uint32_t bytes) {
    if (bytes == 0) {
        return;
    }
    *low = offset < *low ? offset : *low;
    *high = offset + bytes > *high ? offset + bytes : *high;
}

linnet_part_t linnet_part(const linnet_model_t *model, uint32_t first, size_t room_bytes) {
    linnet_part_t part = { first, first, 0, 0 };
    uint32_t low = UINT32_MAX, high = 0;
    const linnet_operator_t *op = linnet_operator(model, first);
    while (part.last < model->header->n_operators) {
        widen(&low, &high, op->data_offset, op->data_bytes);
        for (uint32_t i = 0; i < op->n_inputs; i++) {
            const linnet_tensor_t *tensor = &model->tensors[op->tensors[i]];
            if (tensor->place == LINNET_IN_WEIGHTS) {
                widen(&low, &high, tensor->offset, tensor->bytes);
            }
        }
        // Constants of a tensor lie at multiples of 4; the window's bytes keep their places relative to multiples of 16.
        const uint32_t offset = low & ~15u, bytes = high > low ? high - offset : 0;
        if (part.last > first && bytes > room_bytes) {
            break;
        }
        part.last++;
        part.offset = bytes == 0 ? 0 : offset;
        part.bytes = bytes;
        if (bytes > room_bytes) {
            break;
        }
        op = (const linnet_operator_t *)(const void *)((const uint8_t *)op + op->record_bytes);
    }
    return part;
}

linnet_status_t linnet_place(linnet_model_t *model, const void *window, const linnet_part_t *part) {
    if ((uintptr_t)window % LINNET_ARENA_ALIGNMENT != 0) {
        return LINNET_ERR_ALIGNMENT;
    }
    // As a number: what it stands for, the start of WEIGHTS, is not in memory.
    model->weights = (const uint8_t *)((uintptr_t)window - part->offset);
    linnet_status_t status = LINNET_OK;
    for (model->where = part->first; model->where < part->last; model->where++) {
        status = linnet_check_contents(model, linnet_operator(model, model->where));
        if (status != LINNET_OK) {
            break;
        }
    }
    return status;
}
