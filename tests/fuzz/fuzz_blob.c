// libFuzzer target: whatever bytes come, opening and running a blob touches nothing outside the blob and the arena.
//
// A mutator of its own repairs length and CRC after each mutation, so that the fuzzer gets past the first rungs; one
// input in eight is left as it is. Built and run by `make fuzz`, under AddressSanitizer and UBSan.

#include <stdlib.h>
#include <string.h>

#include "../../device/kernels/linnet_kernel.h"

// Work and memory beyond which a blob is opened but not run: a fuzzer is after faults, not after patience.
#define MAX_ARENA_BYTES (1u << 20)
#define MAX_WORK (1u << 22)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static uint32_t crc32(const uint8_t *data, size_t n) {
    uint32_t crc = 0xffffffff;
    for (; n > 0; n--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 8 == 0 || size < sizeof(linnet_header_t)) {
        return size;
    }
    size &= ~(size_t)15;
    linnet_header_t header;
    memcpy(&header, data, sizeof(header));
    memcpy(header.magic, "\x89LNT", 4);
    header.version_major = LINNET_FORMAT_MAJOR;
    header.header_bytes = sizeof(header);
    header.total_bytes = (uint32_t)size;
    memcpy(data, &header, sizeof(header));
    header.crc32 = crc32(data + 16, size - 16);
    memcpy(data, &header, sizeof(header));
    return size;
}

// Output elements times the taps of the window, at most: how long the operator may take.
static uint64_t work(const linnet_model_t *model, const linnet_operator_t *op) {
    const linnet_call_t call = linnet_call(model, op);
    const uint64_t bytes = linnet_output_tensor(&call, 0)->bytes + (uint64_t)linnet_input_tensor(&call, 0)->bytes;
    if (op->code >= 1 && op->code <= 5 && op->code != 3) {
        const linnet_window_t *w = call.params;
        return bytes * w->kernel_h * w->kernel_w * w->in_c;
    }
    return bytes + op->data_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *blob = malloc(size ? size : 1);  // exactly as long as the blob, so that a byte too far is seen
    memcpy(blob, data, size);
    linnet_model_t model;
    if (linnet_open(&model, blob, size, NULL) == LINNET_OK && model.header->arena_bytes <= MAX_ARENA_BYTES) {
        const uint32_t arena_bytes = model.header->arena_bytes;
        uint8_t *arena = aligned_alloc(LINNET_ARENA_ALIGNMENT, arena_bytes ? arena_bytes : LINNET_ARENA_ALIGNMENT);
        memset(arena, 0x55, arena_bytes);
        uint32_t state = 1;
        for (uint32_t i = 0; i < model.header->n_inputs; i++) {
            state = linnet_seeded(&model.tensors[model.io[i]], state, linnet_tensor_data(&model, arena, model.io[i]));
        }
        uint64_t total = 0;
        for (uint32_t i = 0; i < model.header->n_operators; i++) {
            total += work(&model, linnet_operator(&model, i));
        }
        if (total <= MAX_WORK) {
            linnet_run(&model, arena, arena_bytes, 0, model.header->n_operators);
        }
        free(arena);
    }
    free(blob);
    return 0;
}
