// Runs one model on a bare core, for `linnet profile`: once as a whole, then operator by operator, with a mark before
// and after each. The blob lies where the linker script says; QEMU's loader puts it there.

#include <string.h>

#include "../runtime/linnet.h"
#include "runner.h"

extern const uint8_t runner_blob[];
extern uint8_t runner_arena[];
extern const uint8_t runner_arena_end[];

#define SEED 1

__attribute__((noinline)) void runner_mark(void) {
    __asm__ volatile("" ::: "memory");
}

static void put_number(const char *name, uint32_t value) {
    char text[12];
    char *p = text + sizeof(text);
    *--p = 0;
    *--p = '\n';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    runner_puts(name);
    runner_puts(" ");
    runner_puts(p);
}

static void put_bytes(const char *name, const uint8_t *data, uint32_t n) {
    runner_puts(name);
    runner_puts(" ");
    for (uint32_t i = 0; i < n; i++) {
        const char text[3] = { "0123456789abcdef"[data[i] >> 4], "0123456789abcdef"[data[i] & 15], 0 };
        runner_puts(text);
    }
    runner_puts("\n");
}

static void seed_inputs(const linnet_model_t *model) {
    uint32_t state = SEED;
    for (uint32_t i = 0; i < model->header->n_inputs; i++) {
        const uint32_t index = model->io[i];
        state = linnet_seeded(&model->tensors[index], state, linnet_tensor_data(model, runner_arena, index));
    }
}

int main(void) {
    const linnet_header_t *header = (const void *)runner_blob;
    const uint32_t arena_bytes = (uint32_t)(runner_arena_end - runner_arena);
    linnet_model_t model;
    const linnet_status_t status = linnet_open(&model, runner_blob, header->total_bytes, NULL);
    if (status != LINNET_OK || header->arena_bytes > arena_bytes) {
        put_number("where", model.where);
        runner_puts("error ");
        runner_puts(status != LINNET_OK ? linnet_status_text(status) : "no room for the arena");
        runner_puts("\n");
        return 1;
    }
    linnet_run(&model, runner_arena, arena_bytes, 0, header->n_reset);
    seed_inputs(&model);
    runner_paint_stack();
    runner_mark();
    linnet_run(&model, runner_arena, arena_bytes, header->n_reset, header->n_operators);
    runner_mark();
    put_number("stack", runner_stack_bytes());
    for (uint32_t i = 0; i < header->n_outputs; i++) {
        const uint32_t index = model.io[header->n_inputs + i];
        put_bytes("output", linnet_tensor_data(&model, runner_arena, index), model.tensors[index].bytes);
    }
    seed_inputs(&model);
    for (uint32_t i = header->n_reset; i < header->n_operators; i++) {
        runner_mark();
        linnet_run(&model, runner_arena, arena_bytes, i, i + 1);
        runner_mark();
    }
    put_number("operators", (uint32_t)(header->n_operators - header->n_reset));
    return 0;
}
