// GATHER, GATHER_ND: runs of the input at indices that are known only now. An index outside is taken as the nearest one inside.
// TFLite Micro's gather.cc, gather_nd.cc.

#include "linnet_shapes.h"

enum { MAX_N = 5 };

typedef struct {
    uint32_t batches;        // each has its own indices
    uint32_t outer;          // blocks of the input a batch, gathered from alike
    uint32_t n;              // runs of the output a block
    uint32_t n_indices;      // to each run
    uint32_t block, run;     // bytes
    uint32_t size[MAX_N];    // an index is less
    uint32_t stride[MAX_N];  // bytes that it counts
} linnet_gather_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_gather_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0), *indices = linnet_input_tensor(call, 1);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    uint64_t end = p->run;
    for (uint32_t i = 0; i < MAX_N; i++) {
        const uint64_t reach = (uint64_t)(p->size[i] - 1) * p->stride[i];
        if (!p->size[i] || p->size[i] > INT32_MAX || reach > UINT32_MAX) {
            return LINNET_ERR_PARAMS;
        }
        end += reach;
    }
    if (end > p->block || !p->n_indices || p->n_indices > MAX_N) {
        return LINNET_ERR_PARAMS;
    }
    if (in->dtype != out->dtype || (indices->dtype != LINNET_INT32 && indices->dtype != LINNET_INT64)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t blocks = (uint64_t)p->batches * p->outer;
    const uint64_t all = linnet_product((uint64_t)p->batches * p->n, p->n_indices);
    const int fits = linnet_product(blocks, p->block) == in->bytes
                     && linnet_product(linnet_product(blocks, p->n), p->run) == out->bytes
                     && linnet_product(all, linnet_dtype_bytes(indices->dtype)) == indices->bytes;
    return fits ? LINNET_OK : LINNET_ERR_OPERANDS;
}

static void run(const linnet_call_t *call) {
    const linnet_gather_params_t *p = call->params;
    const uint8_t *block = linnet_input(call, 0);
    const int32_t *indices = linnet_input(call, 1);
    uint8_t *out = linnet_output(call, 0);
    const uint32_t step = linnet_dtype_bytes(linnet_input_tensor(call, 1)->dtype) / 4;  // of int64 the low word counts
    for (uint32_t batch = 0; batch < p->batches; batch++, indices += p->n * p->n_indices * step) {
        for (uint32_t outer = 0; outer < p->outer; outer++, block += p->block) {
            const int32_t *index = indices;
            for (uint32_t i = 0; i < p->n; i++, out += p->run) {
                uint32_t from = 0;
                for (uint32_t k = 0; k < p->n_indices; k++, index += step) {
                    const int32_t most = (int32_t)p->size[k] - 1;
                    const int32_t at = *index < 0 ? 0 : *index > most ? most : *index;
                    from += (uint32_t)at * p->stride[k];
                }
                linnet_move(out, block + from, p->run);
            }
        }
    }
}

const linnet_kernel_t linnet_gather_kernel = { 2, 1, sizeof(linnet_gather_params_t), check, NULL, run };
