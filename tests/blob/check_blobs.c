// Opens blobs as a C program would, and runs the golden vectors of the sound ones: a line a file, "NAME status where text".
// Each blob and arena is an allocation of exactly its length, so that AddressSanitizer sees the first byte beyond it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../device/runtime/linnet.h"

static uint32_t padded(uint32_t n_bytes) {
    return (n_bytes + 3) & ~3u;
}

static const linnet_tensor_t *io(const linnet_model_t *model, uint32_t i) {
    return &model->tensors[model->io[i]];
}

// Golden vectors that come out right, of all there are.
static uint32_t replay(const linnet_model_t *model, uint32_t *n_vectors) {
    const uint32_t n_inputs = model->header->n_inputs, n_outputs = model->header->n_outputs;
    const uint32_t arena_bytes = model->header->arena_bytes;
    uint8_t *arena = aligned_alloc(LINNET_ARENA_ALIGNMENT, arena_bytes);
    const uint8_t *at = model->golden;
    uint16_t n = 0;
    uint32_t right = 0;
    if (model->golden_bytes > 0) {
        memcpy(&n, at, sizeof(n));
        at += 4;
    }
    for (uint32_t v = 0; v < n; v++) {
        uint32_t seed;
        memcpy(&seed, at, sizeof(seed));
        at += 4;
        uint32_t state = seed;
        for (uint32_t i = 0; i < n_inputs; i++) {
            uint8_t *input = linnet_tensor_data(model, arena, model->io[i]);
            if (seed != 0) {
                state = linnet_seeded(io(model, i), state, input);
            } else {
                memcpy(input, at, io(model, i)->bytes);
                at += padded(io(model, i)->bytes);
            }
        }
        int same = linnet_run(model, arena, arena_bytes, 0, model->header->n_operators) == LINNET_OK;
        for (uint32_t i = n_inputs; i < n_inputs + n_outputs; i++) {
            same &= memcmp(linnet_tensor_data(model, arena, model->io[i]), at, io(model, i)->bytes) == 0;
            at += padded(io(model, i)->bytes);
        }
        right += (uint32_t)same;
    }
    free(arena);
    *n_vectors = n;
    return right;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        fseek(file, 0, SEEK_END);
        const size_t n_bytes = (size_t)ftell(file);
        rewind(file);
        uint8_t *blob = malloc(n_bytes);
        const size_t n_read = fread(blob, 1, n_bytes, file);
        fclose(file);
        if (n_read != n_bytes) {
            return 1;
        }
        linnet_model_t model;
        const linnet_status_t status = linnet_open(&model, blob, n_bytes, NULL);
        printf("%s %d %u %s", argv[i], status, (unsigned int)model.where, linnet_status_text(status));
        if (status == LINNET_OK) {
            uint32_t n_vectors;
            const uint32_t right = replay(&model, &n_vectors);
            printf(", %u of %u vectors", (unsigned int)right, (unsigned int)n_vectors);
        }
        printf("\n");
        free(blob);
    }
    return 0;
}
