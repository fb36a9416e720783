// One inference on one thread, then several on two, which run the operators of each pair at once: equal outputs, and nothing for
// ThreadSanitizer to say. usage: race BLOB PAIR...

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../device/runtime/linnet.h"

#define N_INFERENCES 3

static linnet_model_t model;
static uint8_t *arena;
static uint32_t operator_at_hand;
static pthread_barrier_t begin, done;

static void run(uint32_t first, uint32_t last) {
    if (linnet_run(&model, arena, model.header->arena_bytes, first, last) != LINNET_OK) {
        exit(2);
    }
}

static void *other(void *unused) {
    (void)unused;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (operator_at_hand == 0) {
            return NULL;
        }
        run(operator_at_hand, operator_at_hand + 1);
        pthread_barrier_wait(&done);
    }
}

static void fill(void) {
    run(0, model.header->n_reset);
    uint32_t seed = 1;
    for (uint32_t i = 0; i < model.header->n_inputs; i++) {
        seed = linnet_seeded(&model.tensors[model.io[i]], seed, linnet_tensor_data(&model, arena, model.io[i]));
    }
}

static void *aligned(size_t n_bytes) {
    void *bytes = NULL;
    if (posix_memalign(&bytes, LINNET_ARENA_ALIGNMENT, n_bytes + 1) != 0) {
        exit(2);
    }
    memset(bytes, 0, n_bytes + 1);
    return bytes;
}

int main(int argc, char **argv) {
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        return 2;
    }
    const size_t n_bytes = (size_t)ftell(file);
    uint8_t *blob = aligned(n_bytes);
    rewind(file);
    if (fread(blob, 1, n_bytes, file) != n_bytes || linnet_open(&model, blob, n_bytes, NULL) != LINNET_OK) {
        return 2;
    }
    const linnet_header_t *header = model.header;
    arena = aligned(header->arena_bytes);
    const uint16_t output = model.io[header->n_inputs];
    const uint32_t output_bytes = model.tensors[output].bytes;
    fill();
    run(header->n_reset, header->n_operators);
    uint8_t *wanted = aligned(output_bytes);
    memcpy(wanted, linnet_tensor_data(&model, arena, output), output_bytes);

    pthread_t thread;
    pthread_barrier_init(&begin, NULL, 2);
    pthread_barrier_init(&done, NULL, 2);
    pthread_create(&thread, NULL, other, NULL);
    int equal = 1;
    for (int i = 0; i < N_INFERENCES; i++) {
        fill();
        uint32_t first = header->n_reset;
        for (int argument = 2; argument < argc; argument++) {
            const uint32_t pair = (uint32_t)atoi(argv[argument]);
            run(first, pair);
            operator_at_hand = pair + 1;
            pthread_barrier_wait(&begin);
            run(pair, pair + 1);
            pthread_barrier_wait(&done);
            first = pair + 2;
        }
        run(first, header->n_operators);
        equal &= memcmp(wanted, linnet_tensor_data(&model, arena, output), output_bytes) == 0;
    }
    operator_at_hand = 0;
    pthread_barrier_wait(&begin);
    pthread_join(thread, NULL);
    puts(equal ? "equal" : "different");
    return !equal;
}
