// STRIDED_COPY: out[i0]...[i5] = the run at offset + i0 * stride[0] + ... + i5 * stride[5] of the input, in bytes.
// SLICE, SPLIT, TRANSPOSE, TILE and their like: host/linnet/operators/view.py makes the strides.

#include "linnet_shapes.h"

enum { N_DIMS = 6, INNER = N_DIMS - 1, ROWS = INNER - 1 };
enum { SHORT = 16 };  // bytes that are not worth a call

typedef struct {
    uint32_t run;            // bytes that lie together in input and output
    uint32_t offset;
    uint32_t n[N_DIMS];
    int32_t stride[N_DIMS];  // within the input
} linnet_strided_copy_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_strided_copy_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    uint64_t bytes = p->run;
    int64_t least = p->offset, most = least + p->run;
    for (int i = 0; i < N_DIMS; i++) {
        const int64_t reach = p->n[i] ? (int64_t)(p->n[i] - 1) * p->stride[i] : INT64_MIN;
        if (reach < -(int64_t)UINT32_MAX || reach > (int64_t)UINT32_MAX) {
            return LINNET_ERR_PARAMS;
        }
        *(reach < 0 ? &least : &most) += reach;
        bytes = linnet_product(bytes, p->n[i]);
    }
    if (least < 0 || most > in->bytes || bytes != out->bytes) {
        return LINNET_ERR_PARAMS;
    }
    return in->dtype == out->dtype ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// As linnet_move, where all are multiples of 4.
static inline void move_words(uint8_t *to, const uint8_t *from, uint32_t n) {
    if ((uintptr_t)to - (uintptr_t)from < n) {
        linnet_move(to, from, n);
    } else {
        linnet_copy_words(to, from, n);
    }
}

// As linnet_move, of few bytes.
static inline void move_bytes(uint8_t *to, const uint8_t *from, uint32_t n) {
    if ((uintptr_t)to - (uintptr_t)from < n) {
        linnet_move(to, from, n);
    } else {
        linnet_copy_bytes(to, from, n);
    }
}

// n times the same run.
static void repeat(uint8_t *out, const uint8_t *in, uint32_t run, uint32_t n) {
    const uint32_t bytes = n * run;
    linnet_move(out, in, run);
    for (uint32_t done = run, more; done < bytes; done += more) {
        more = done < bytes - done ? done : bytes - done;
        linnet_move(out + done, out, more);
    }
}

// The innermost two dimensions: from `in`, copies a run to `out`.
#define COPY(run_bytes, copy) \
    { \
        for (uint32_t row = p->n[ROWS]; row; row--, first += row_stride) { \
            const uint8_t *in = first; \
            for (uint32_t i = n; i; i--, in += stride, out += (run_bytes)) { \
                copy; \
            } \
        } \
        return; \
    }

#define COPY_ONE(type) COPY(sizeof(type), *(type *)(void *)out = *(const type *)(const void *)in)

// word: what all of it may be copied in.
static void copy_rows(const linnet_strided_copy_params_t *p, uint32_t word, const uint8_t *first, uint8_t *out) {
    const uint32_t n = p->n[INNER], run = p->run;
    const int32_t stride = p->stride[INNER], row_stride = p->stride[ROWS];
    if (stride == 0) {
        for (uint32_t row = p->n[ROWS]; row; row--, first += row_stride, out += n * run) {
            repeat(out, first, run, n);
        }
        return;
    }
    if (run == word) {
        switch (word) {
            case 1:
                COPY_ONE(uint8_t)
            case 2:
                COPY_ONE(uint16_t)
            default:
                COPY_ONE(uint32_t)
        }
    }
    if (word == 4) {
        COPY(run, move_words(out, in, run))
    }
    if (run <= SHORT) {
        COPY(run, move_bytes(out, in, run))
    }
    COPY(run, linnet_move(out, in, run))
}

static void run(const linnet_call_t *call) {
    const linnet_strided_copy_params_t *p = call->params;
    const uint8_t *in = linnet_input(call, 0);
    uint8_t *out = linnet_output(call, 0);
    const uint32_t rows_bytes = p->n[ROWS] * p->n[INNER] * p->run;
    uint32_t all = p->run | p->offset, index[ROWS] = { 0 }, from = p->offset;
    for (int i = 0; i < N_DIMS; i++) {
        all |= (uint32_t)p->stride[i];
    }
    const uint32_t word = linnet_word_of(all);
    for (;;) {
        copy_rows(p, word, in + from, out);
        out += rows_bytes;
        int i = ROWS - 1;
        for (; i >= 0; i--) {
            from += (uint32_t)p->stride[i];
            if (++index[i] < p->n[i]) {
                break;
            }
            from -= p->n[i] * (uint32_t)p->stride[i];
            index[i] = 0;
        }
        if (i < 0) {
            return;
        }
    }
}

const linnet_kernel_t linnet_strided_copy_kernel = { 1, 1, sizeof(linnet_strided_copy_params_t), check, NULL, run };
