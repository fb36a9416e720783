// CONCATENATION, PACK: the inputs side by side in every one of `outer` rows. TFLite's reference/concatenation.h.

#include "linnet_shapes.h"

enum { KEPT = 16 };   // inputs whose places are worked out only once
enum { SHORT = 16 };  // bytes that are not worth a call

typedef struct {
    uint32_t outer;
} linnet_concatenation_params_t;

// In the data: u32 run[n_inputs], the bytes of each input in a row.
static linnet_status_t check(const linnet_call_t *call) {
    const linnet_concatenation_params_t *p = call->params;
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    const uint32_t n = call->operator->n_inputs;
    if (call->operator->data_bytes != 4 * n) {
        return LINNET_ERR_DATA;
    }
    const uint32_t *run = (const uint32_t *)(const void *)call->data;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        const linnet_tensor_t *in = linnet_input_tensor(call, i);
        if ((uint64_t)p->outer * run[i] != in->bytes) {
            return LINNET_ERR_DATA;
        }
        if (in->dtype != out->dtype) {
            return LINNET_ERR_OPERANDS;
        }
        bytes += in->bytes;
    }
    return bytes == out->bytes ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// Runs of one element each.
#define INTERLEAVE(type) \
    { \
        type *to = (type *)(void *)out; \
        for (uint32_t row = 0; row < outer; row++) { \
            for (uint32_t i = 0; i < n; i++) { \
                *to++ = ((const type *)(const void *)from[i])[row]; \
            } \
        } \
        return; \
    }

// No run is planned to lie before its place in the output and reach into it: it may go from the first byte on.
#define COPY(copy) \
    { \
        for (uint32_t row = 0; row < outer; row++) { \
            for (uint32_t i = 0; i < n; i++) { \
                const uint32_t bytes = runs[i]; \
                copy(out, from[i], bytes); \
                from[i] += bytes; \
                out += bytes; \
            } \
        } \
        return; \
    }

static void run(const linnet_call_t *call) {
    const uint32_t outer = ((const linnet_concatenation_params_t *)call->params)->outer, n = call->operator->n_inputs;
    const uint32_t *runs = (const uint32_t *)(const void *)call->data;
    uint8_t *out = linnet_output(call, 0);
    const uint8_t *from[KEPT];
    uint32_t all = 0, most = 0, equal = runs[0];
    if (n > KEPT) {
        for (uint32_t row = 0; row < outer; row++) {
            for (uint32_t i = 0; i < n; out += runs[i++]) {
                linnet_move(out, (const uint8_t *)linnet_input(call, i) + row * runs[i], runs[i]);
            }
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        from[i] = linnet_input(call, i);
        all |= runs[i];
        most = runs[i] > most ? runs[i] : most;
        equal = runs[i] == equal ? equal : 0;
    }
    switch (equal) {
        case 1:
            INTERLEAVE(uint8_t)
        case 2:
            INTERLEAVE(uint16_t)
        case 4:
            INTERLEAVE(uint32_t)
    }
    if (linnet_word_of(all) == 4) {
        COPY(linnet_copy_words)
    }
    if (most <= SHORT) {
        COPY(linnet_copy_bytes)
    }
    COPY(linnet_move)
}

const linnet_kernel_t linnet_concatenation_kernel = {
    LINNET_ANY, 1, sizeof(linnet_concatenation_params_t), check, NULL, run
};
