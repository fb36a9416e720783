// SELECT: bool, any, any -> any, all three broadcast: of every element the second input's where the first is true, else the third's.

#include <string.h>

#include "linnet_broadcast.h"

typedef struct {
    linnet_broadcast_t broadcast;
} linnet_select_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_select_params_t *p = call->params;
    const uint32_t dtype = linnet_output_tensor(call, 0)->dtype;
    if (linnet_input_tensor(call, 0)->dtype != LINNET_BOOL || linnet_input_tensor(call, 1)->dtype != dtype
        || linnet_input_tensor(call, 2)->dtype != dtype) {
        return LINNET_ERR_OPERANDS;
    }
    return linnet_broadcast_ok(&p->broadcast, call) ? LINNET_OK : LINNET_ERR_PARAMS;
}

static void run(const linnet_call_t *call) {
    const linnet_select_params_t *p = call->params;
    const linnet_broadcast_t *b = &p->broadcast;
    const uint32_t size = linnet_dtype_bytes(linnet_output_tensor(call, 0)->dtype);
    const uint32_t n = linnet_broadcast_row(b);
    const uint32_t stride = linnet_broadcast_stride(b, 0);
    const size_t stride_x = (size_t)linnet_broadcast_stride(b, 1) * size, stride_y = (size_t)linnet_broadcast_stride(b, 2) * size;
    uint8_t *out = linnet_output(call, 0);
    linnet_walk_t walk = { { 0 }, { 0 } };
    do {
        const uint8_t *condition = (const uint8_t *)linnet_input(call, 0) + walk.at[0];
        const uint8_t *x = (const uint8_t *)linnet_input(call, 1) + (size_t)walk.at[1] * size;
        const uint8_t *y = (const uint8_t *)linnet_input(call, 2) + (size_t)walk.at[2] * size;
        for (uint32_t i = 0; i < n; i++, condition += stride, x += stride_x, y += stride_y, out += size) {
            const uint8_t *from = *condition ? x : y;
            if (size == 1) {
                *out = *from;
            } else if (size == 4) {
                *(uint32_t *)(void *)out = *(const uint32_t *)(const void *)from;
            } else {
                memmove(out, from, size);
            }
        }
    } while (linnet_broadcast_next(b, &walk));
}

const linnet_kernel_t linnet_select_kernel = { 3, 1, sizeof(linnet_select_params_t), check, NULL, run };
