// libFuzzer target: whatever bytes come, opening and running a blob touches nothing outside the blob and the arena, nor writes to
// the blob.
//
// A mutator of its own aims at sections, and repairs length and CRC after each mutation, so that the fuzzer gets past the first
// rungs; one input in eight is left as it is. Built and run by `make fuzz`, under
// AddressSanitizer and UBSan.

#include <stdlib.h>
#include <string.h>

#include "../../device/kernels/linnet_kernel.h"

// Work and memory beyond which a blob is opened but not run: a fuzzer is after faults, not after patience.
#define MAX_ARENA_BYTES (1u << 20)
#define MAX_WORK (1u << 24)
#define WINDOW_BYTES 1024

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

static uint32_t random_bits(unsigned *state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

// Changes bytes of one section, each as often as another: most of a blob are weights.
static void mutate_section(uint8_t *data, size_t size, unsigned *state) {
    linnet_header_t header;
    memcpy(&header, data, sizeof(header));
    const size_t row = sizeof(header) + 16 * (random_bits(state) % (header.n_sections ? header.n_sections : 1));
    uint32_t place[2];  // offset, bytes
    if (row + 16 > size) {
        return;
    }
    memcpy(place, data + row + 4, sizeof(place));
    if (place[0] > size || place[1] > size - place[0] || place[1] < 4) {
        return;
    }
    const uint32_t words = place[1] / 4, n = 1 + random_bits(state) % 8;
    const uint32_t first = random_bits(state) % words;
    uint8_t *at = data + place[0] + 4 * first;
    if (random_bits(state) % 2) {
        static const uint32_t edges[] = { 0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
        const uint32_t one_bit = 1u << random_bits(state) % 32, kind = random_bits(state) % 16;
        const uint32_t value = kind < sizeof(edges) / sizeof(edges[0]) ? edges[kind] : one_bit;
        const uint32_t bytes = 1u << random_bits(state) % 3;
        memcpy(at + random_bits(state) % (4 / bytes) * bytes, &value, bytes);
    } else {
        const size_t room = 4 * (words - first < n ? words - first : n);
        LLVMFuzzerMutate(at, room, room);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    unsigned state = seed;
    if (size < sizeof(linnet_header_t) || random_bits(&state) % 4 == 0) {
        size = LLVMFuzzerMutate(data, size, max_size);
    } else {
        mutate_section(data, size, &state);
    }
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

// How long an operator may take, at most: no kernel looks at more than all it is given for a byte of its outputs. The sizes
// that its params name beside those of tensors and data, its `check` must bound: libFuzzer's -timeout tells.
static uint64_t work(const linnet_model_t *model, const linnet_operator_t *op) {
    const linnet_call_t call = linnet_call(model, op);
    uint64_t in = 1 + (uint64_t)op->data_bytes, out = 0;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        in += linnet_input_tensor(&call, i)->bytes;
    }
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        out += linnet_output_tensor(&call, i)->bytes;
    }
    return in * out;
}

static int is_quick(const linnet_model_t *model) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < model->header->n_operators && total <= MAX_WORK; i++) {
        total += work(model, linnet_operator(model, i));
    }
    return total <= MAX_WORK;
}

// Where the weights of a model are that sees them through a window only; each window is as long as it must be, so that a byte
// too far is seen.
typedef struct {
    const uint8_t *weights;
    uint8_t *window;
    linnet_part_t part;
} file_t;

static void run_part(linnet_model_t *model, file_t *file, uint8_t *arena, uint32_t first, uint32_t last) {
    const uint32_t arena_bytes = model->header->arena_bytes;
    if (file == NULL) {
        linnet_run(model, arena, arena_bytes, first, last);
        return;
    }
    while (first < last) {
        if (first < file->part.first || first >= file->part.last) {
            file->part = linnet_part(model, first, WINDOW_BYTES);
            free(file->window);
            file->window = malloc(file->part.bytes ? file->part.bytes : 1);
            memcpy(file->window, file->weights + file->part.offset, file->part.bytes);
            if (linnet_place(model, file->window, &file->part) != LINNET_OK) {
                __builtin_trap();  // the same constants passed when all of them were in memory
            }
        }
        const uint32_t end = file->part.last < last ? file->part.last : last;
        linnet_run(model, arena, arena_bytes, first, end);
        first = end;
    }
}

// Resets, and infers twice: the second time with whatever the first has left. Returns the arena as it is then.
static uint8_t *run(linnet_model_t *model, file_t *file) {
    const uint32_t arena_bytes = model->header->arena_bytes, n_reset = model->header->n_reset;
    uint8_t *arena = aligned_alloc(LINNET_ARENA_ALIGNMENT, arena_bytes ? arena_bytes : LINNET_ARENA_ALIGNMENT);
    memset(arena, 0x55, arena_bytes);
    run_part(model, file, arena, 0, n_reset);
    uint32_t state = 1;
    for (int inference = 0; inference < 2; inference++) {
        for (uint32_t i = 0; i < model->header->n_inputs; i++) {
            state = linnet_seeded(&model->tensors[model->io[i]], state, linnet_tensor_data(model, arena, model->io[i]));
        }
        run_part(model, file, arena, n_reset, model->header->n_operators);
    }
    return arena;
}

// Through a window, with no more in memory than a board has then, the arena must come out the same.
static void run_through_window(const linnet_model_t *whole, const uint8_t *arena) {
    const uint8_t *blob = (const uint8_t *)whole->header;
    const size_t tables_bytes = (size_t)(whole->weights - blob);
    uint8_t *tables = malloc(tables_bytes ? tables_bytes : 1);
    memcpy(tables, blob, tables_bytes);
    linnet_model_t model;
    // Fails where the weights are not behind all the tables, which is allowed.
    if (linnet_open_tables(&model, tables, tables_bytes, whole->header->total_bytes, whole->header->crc32, NULL) == LINNET_OK) {
        file_t file = { whole->weights, NULL, { 0, 0, 0, 0 } };
        uint8_t *other = run(&model, &file);
        if (memcmp(arena, other, model.header->arena_bytes) != 0) {
            __builtin_trap();
        }
        free(other);
        free(file.window);
    }
    free(tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *blob = malloc(size ? size : 1);  // exactly as long as the blob, so that a byte too far is seen
    memcpy(blob, data, size);
    linnet_model_t model;
    if (linnet_open(&model, blob, size, NULL) == LINNET_OK && model.header->arena_bytes <= MAX_ARENA_BYTES && is_quick(&model)) {
        uint8_t *arena = run(&model, NULL);
        if (memcmp(blob, data, size) != 0) {
            __builtin_trap();
        }
        if (model.weights_bytes > 0) {
            run_through_window(&model, arena);
        }
        free(arena);
    }
    free(blob);
    return 0;
}
