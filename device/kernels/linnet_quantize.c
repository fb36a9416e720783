// QUANTIZE: float32 (n) -> int8, uint8 or int16 (n). TFLite's reference/quantize.h, AffineQuantize.

#include "linnet_kernel.h"
#include "linnet_quantize.h"

static void run(const linnet_call_t *call) {
    const linnet_quantize_params_t *p = call->params;
    linnet_quantize(linnet_input(call, 0), p->n, p->scale, p->zero_point, linnet_output_tensor(call, 0)->dtype,
        linnet_output(call, 0));
}

static linnet_status_t check(const linnet_call_t *call) {
    return linnet_quantize_check(call->params, linnet_input_tensor(call, 0), linnet_output_tensor(call, 0));
}

const linnet_kernel_t linnet_quantize_kernel = { 1, 1, sizeof(linnet_quantize_params_t), check, NULL, run };
