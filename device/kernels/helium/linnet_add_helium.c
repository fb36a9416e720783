// ADD tuned for Helium, layout 0: two multiplications for four sums. The host has proved for all 65536 pairs of bytes that
// the three constants give what TFLite's chain of roundings gives.

#include "linnet_add_helium.h"
#include "../linnet_requant.h"

#if LINNET_HAS(HELIUM)

// Of byte x the high multiply takes x * 2^24; results are in 2^-22, and rounded to the nearest.
typedef struct {
    int32_t factor[2];  // >= 0
    int32_t addend;
    int32_t reserved;
} sum_t;

static linnet_status_t check(const linnet_call_t *call) {
    const sum_t *sum = (const void *)call->data;
    const linnet_status_t status = linnet_helium_add_check(call);
    if (status != LINNET_OK) {
        return status;
    }
    return call->operator->data_bytes == sizeof(*sum) && sum->factor[0] >= 0 && sum->factor[1] >= 0 && sum->reserved == 0
               ? LINNET_OK
               : LINNET_ERR_DATA;
}

static int32_t saturate(int64_t x) {
    return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : (int32_t)x;
}

static int8_t add_one(int8_t x0, int8_t x1, const sum_t *sum) {
    const int32_t first = saturate((int64_t)linnet_high_mul(x0 * (1 << 24), sum->factor[0]) + sum->addend);
    const int32_t both = saturate((int64_t)linnet_high_mul(x1 * (1 << 24), sum->factor[1]) + first);
    return (int8_t)linnet_clamp(((both >> 16) + 32) >> 6, -128, 127);
}

#if LINNET_IS(HELIUM)

// n4 times four sums.
static void add_fours(const int8_t *in0, const int8_t *in1, int8_t *out, const sum_t *sum, uint32_t n4) {
    __asm__ volatile(
        "vdup.32 q2, %[factor0]\n"
        "dls lr, %[n4]\n"
        "1: vldrb.s32 q0, [%[in0]], #4\n"
        "vldrb.s32 q1, [%[in1]], #4\n"
        "vshl.i32 q0, q0, #24\n"
        "vqrdmlash.s32 q0, q2, %[addend]\n"
        "vshl.i32 q1, q1, #24\n"
        "vqrdmlah.s32 q0, q1, %[factor1]\n"
        "vshrnb.i32 q0, q0, #16\n"
        "vqrshrnb.s16 q0, q0, #6\n"  // GNU as 2.40 makes this of vqshrnb as well
        "vstrb.32 q0, [%[out]], #4\n"
        "le lr, 1b\n"
        : [in0] "+l"(in0), [in1] "+l"(in1), [out] "+l"(out)
        : [factor0] "r"(sum->factor[0]), [factor1] "r"(sum->factor[1]), [addend] "r"(sum->addend), [n4] "r"(n4)
        : "q0", "q1", "q2", "lr", "memory");
}

#else

static void add_fours(const int8_t *in0, const int8_t *in1, int8_t *out, const sum_t *sum, uint32_t n4) {
    for (; n4 > 0; n4--, in0 += 4, in1 += 4, out += 4) {
        int8_t y[4];
        for (uint32_t i = 0; i < 4; i++) {
            y[i] = add_one(in0[i], in1[i], sum);
        }
        for (uint32_t i = 0; i < 4; i++) {
            out[i] = y[i];
        }
    }
}

#endif

static void run(const linnet_call_t *call) {
    const linnet_helium_add_params_t *params = call->params;
    const sum_t *sum = (const void *)call->data;
    const int8_t *in0 = linnet_input(call, 0);
    const int8_t *in1 = linnet_input(call, 1);
    int8_t *out = linnet_output(call, 0);
    if (params->n >= 4) {
        add_fours(in0, in1, out, sum, params->n / 4);
    }
    for (uint32_t i = params->n & ~3u; i < params->n; i++) {
        out[i] = add_one(in0[i], in1[i], sum);
    }
    linnet_helium_add_clamp(params, out);
}

const linnet_kernel_t linnet_add_helium_kernel = { 2, 1, sizeof(linnet_helium_add_params_t), check, NULL, run };

#endif
