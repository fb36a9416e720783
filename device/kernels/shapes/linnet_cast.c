// CAST: between integers, bool and float32, without a scale: as C casts them. Reals are cut to int32 first, and saturate there.

#include "linnet_shapes.h"

typedef struct {
    uint32_t n;
} linnet_cast_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_cast_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0), *out = linnet_output_tensor(call, 0);
    const int long_real = (in->dtype == LINNET_INT64 && out->dtype == LINNET_FLOAT32)
                          || (in->dtype == LINNET_FLOAT32 && out->dtype == LINNET_INT64);
    return !long_real && linnet_tensor_is(in, in->dtype, p->n) && linnet_tensor_is(out, out->dtype, p->n)
               ? LINNET_OK
               : LINNET_ERR_OPERANDS;
}

static inline uint32_t bits_of(float real) {
    const union {
        float real;
        uint32_t bits;
    } same = { real };
    return same.bits;
}

// Towards zero; NaN is 0.
static inline int32_t whole(float real) {
#if defined(__ARM_FP) && __ARM_ARCH_PROFILE == 'M'
    __asm__("vcvt.s32.f32 %0, %0" : "+t"(real));  // C leaves open what becomes of numbers beyond int32
    return (int32_t)bits_of(real);
#else
    const uint32_t bits = bits_of(real), exponent = bits >> 23 & 0xff;
    if (exponent < 127 || (exponent == 0xff && bits << 9)) {
        return 0;
    }
    if (exponent >= 127 + 31) {
        return bits >> 31 ? INT32_MIN : INT32_MAX;
    }
    const uint32_t mantissa = (bits | 1u << 23) << 8;
    const int32_t size = (int32_t)(mantissa >> (127 + 31 - exponent));
    return bits >> 31 ? -size : size;
#endif
}

#define EACH(to_type, expression) \
    { \
        to_type *to = out; \
        for (uint32_t i = 0; i < n; i++) { \
            to[i] = (to_type)(expression); \
        } \
        return; \
    }

// An int64 lies at a multiple of 4 at least.
#define EACH_LONG(value) \
    { \
        int32_t *to = out; \
        for (uint32_t i = 0; i < n; i++) { \
            const int32_t low = value; \
            to[2 * i] = low; \
            to[2 * i + 1] = low >> 31; \
        } \
        return; \
    }

// value: element i as an integer; truth: not 0 if it is true.
#define SHORT_CASES(value, truth) \
    case LINNET_BOOL: \
        EACH(uint8_t, (truth) != 0) \
    case LINNET_INT8: \
    case LINNET_UINT8: \
        EACH(uint8_t, value) \
    case LINNET_INT16: \
        EACH(int16_t, value)

#define CASTS_OF_INTEGERS \
    switch (dtype) { \
        SHORT_CASES(in[i], in[i]) \
        case LINNET_INT32: \
            EACH(int32_t, in[i]) \
        case LINNET_INT64: \
            EACH_LONG(in[i]) \
        default: \
            EACH(float, in[i]) \
    }

static void from_int8(const int8_t *in, uint32_t n, uint8_t dtype, void *out) {
    CASTS_OF_INTEGERS
}

static void from_uint8(const uint8_t *in, uint32_t n, uint8_t dtype, void *out) {
    CASTS_OF_INTEGERS
}

static void from_int16(const int16_t *in, uint32_t n, uint8_t dtype, void *out) {
    CASTS_OF_INTEGERS
}

static void from_int32(const int32_t *in, uint32_t n, uint8_t dtype, void *out) {
    CASTS_OF_INTEGERS
}

static void from_int64(const int32_t *in, uint32_t n, uint8_t dtype, void *out) {
    switch (dtype) {
        SHORT_CASES(in[2 * i], in[2 * i] | in[2 * i + 1])
        default:
            EACH(int32_t, in[2 * i])
    }
}

static void from_float32(const float *in, uint32_t n, uint8_t dtype, void *out) {
    switch (dtype) {
        SHORT_CASES(whole(in[i]), bits_of(in[i]) << 1)
        default:
            EACH(int32_t, whole(in[i]))
    }
}

static void run(const linnet_call_t *call) {
    const uint32_t n = ((const linnet_cast_params_t *)call->params)->n;
    const uint8_t to = linnet_output_tensor(call, 0)->dtype, from = linnet_input_tensor(call, 0)->dtype;
    const void *in = linnet_input(call, 0);
    void *out = linnet_output(call, 0);
    if (from == to) {
        linnet_move(out, in, linnet_output_tensor(call, 0)->bytes);
        return;
    }
    if (n == 0) {  // known to be more, the loops take fewer instructions
        return;
    }
    switch (from) {
        case LINNET_INT8:
            from_int8(in, n, to, out);
            return;
        case LINNET_INT16:
            from_int16(in, n, to, out);
            return;
        case LINNET_INT32:
            from_int32(in, n, to, out);
            return;
        case LINNET_INT64:
            from_int64(in, n, to, out);
            return;
        case LINNET_FLOAT32:
            from_float32(in, n, to, out);
            return;
        default:
            from_uint8(in, n, to, out);
    }
}

const linnet_kernel_t linnet_cast_kernel = { 1, 1, sizeof(linnet_cast_params_t), check, NULL, run };
