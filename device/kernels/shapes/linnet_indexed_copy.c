// INDEXED_COPY: out[i0]...[i3] = the run at table[0][i0] + ... + table[3][i3] of the input, in bytes.
// RESIZE_NEAREST_NEIGHBOR, MIRROR_PAD, BATCH_TO_SPACE_ND, GATHER with constant indices: the host makes the tables.

#include "linnet_shapes.h"

enum { N_DIMS = 4, INNER = N_DIMS - 1 };
enum { SHORT = 16 };  // bytes that are not worth a call

typedef struct {
    uint32_t run;  // bytes that lie together in input and output
    uint32_t n[N_DIMS];
} linnet_indexed_copy_params_t;

// In the data: u32 table[0][n[0]], ..., table[3][n[3]].
static linnet_status_t check(const linnet_call_t *call) {
    const linnet_indexed_copy_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    uint64_t bytes = p->run, entries = 0;
    for (int i = 0; i < N_DIMS; i++) {
        bytes = linnet_product(bytes, p->n[i]);
        entries += p->n[i];
    }
    if (bytes != out->bytes) {
        return LINNET_ERR_PARAMS;
    }
    if (in->dtype != out->dtype) {
        return LINNET_ERR_OPERANDS;
    }
    if (call->operator->data_bytes != 4 * entries) {
        return LINNET_ERR_DATA;
    }
    const uint32_t *table = (const uint32_t *)(const void *)call->data;
    uint64_t end = p->run;
    for (int i = 0; i < N_DIMS; table += p->n[i++]) {
        uint32_t most = 0;
        for (uint32_t k = 0; k < p->n[i]; k++) {
            most = table[k] > most ? table[k] : most;
        }
        end += most;
    }
    return end <= in->bytes ? LINNET_OK : LINNET_ERR_DATA;
}

static void copy_row(uint32_t run, const uint32_t *table, uint32_t n, const uint8_t *in, uint8_t *out) {
    if (run == 1) {
        for (uint32_t i = 0; i < n; i++) {
            out[i] = in[table[i]];
        }
        return;
    }
    const int words = (((uintptr_t)out | run) & 3) == 0;
    for (uint32_t i = 0; i < n; i++, out += run) {
        const uint8_t *from = in + table[i];
        if ((uintptr_t)out - (uintptr_t)from < run) {
            linnet_move(out, from, run);
        } else if (words && ((uintptr_t)from & 3) == 0) {
            linnet_copy_words(out, from, run);
        } else if (run <= SHORT) {
            linnet_copy_bytes(out, from, run);
        } else {
            linnet_move(out, from, run);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_indexed_copy_params_t *p = call->params;
    const uint32_t *table[N_DIMS] = { (const uint32_t *)(const void *)call->data };
    for (int i = 1; i < N_DIMS; i++) {
        table[i] = table[i - 1] + p->n[i - 1];
    }
    const uint8_t *in = linnet_input(call, 0);
    uint8_t *out = linnet_output(call, 0);
    const uint32_t row_bytes = p->n[INNER] * p->run;
    uint32_t last = UINT32_MAX;  // where the row before came from
    for (uint32_t a = 0; a < p->n[0]; a++) {
        for (uint32_t b = 0; b < p->n[1]; b++) {
            for (uint32_t c = 0; c < p->n[2]; c++, out += row_bytes) {
                const uint32_t from = table[0][a] + table[1][b] + table[2][c];
                if (from == last) {
                    linnet_move(out, out - row_bytes, row_bytes);
                } else {
                    copy_row(p->run, table[INNER], p->n[INNER], in + from, out);
                }
                last = from;
            }
        }
    }
}

const linnet_kernel_t linnet_indexed_copy_kernel = { 1, 1, sizeof(linnet_indexed_copy_params_t), check, NULL, run };
