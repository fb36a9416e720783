// ADD for RV32IMC and Xtensa: out = (factor[0] * a + factor[1] * b + addend, held in 0 ... limit) >> 21, plus act_min.
// host/linnet/layouts/sums.py finds the constants and proves them for every pair of bytes.

#include "../linnet_core.h"
#include "../linnet_kernel.h"

#if LINNET_HAS(RV32IMC) || LINNET_HAS(XTENSA)

typedef struct {
    uint32_t n;
    int16_t zero_point[2];
    int16_t output_zero_point;
    int16_t act_min, act_max;
    int16_t reserved;
    int32_t multiplier[3];
    int32_t shift[3];
} params_t;

typedef struct {
    uint32_t factor[2];
    uint32_t addend;
    uint32_t limit;
} data_t;

static linnet_status_t check(const linnet_call_t *call) {
    const params_t *params = call->params;
    const linnet_requant_t requant = { 0, params->output_zero_point, params->act_min, params->act_max };
    if (!linnet_requant_ok(&requant) || params->reserved != 0) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, params->n)
        || !linnet_tensor_is(linnet_input_tensor(call, 1), LINNET_INT8, params->n)
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, params->n)) {
        return LINNET_ERR_OPERANDS;
    }
    return call->operator->data_bytes == sizeof(data_t) ? LINNET_OK : LINNET_ERR_DATA;
}

static void run(const linnet_call_t *call) {
    const params_t *params = call->params;
    const data_t data = *(const data_t *)(const void *)call->data;
    const uint32_t low = (uint32_t)params->act_min;
    const int8_t *a = linnet_input(call, 0);
    const int8_t *b = linnet_input(call, 1);
    int8_t *out = linnet_output(call, 0);
    for (const int8_t *end = a + params->n; a != end; a++, b++) {
        uint32_t s = (uint32_t)*a * data.factor[0] + (uint32_t)*b * data.factor[1] + data.addend;
        if (s > data.limit) {
            s = (int32_t)s < 0 ? 0 : data.limit;
        }
        *out++ = (int8_t)(uint8_t)((s >> 21) + low);
    }
}

const linnet_kernel_t linnet_add_rv32imc_kernel = { 2, 1, sizeof(params_t), check, NULL, run };

#endif
