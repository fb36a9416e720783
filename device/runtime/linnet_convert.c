// Between real numbers and their bytes: used by QUANTIZE and DEQUANTIZE, and by whoever fills an input.

#include "linnet.h"

// Half away from zero; anything below -2^17 or above 2^17 clamps later whatever it is, NaN becomes 0. Comparing and subtracting
// floats would cost cores without an FPU as much as the division does.
static inline int32_t round_small(float x) {
    union {
        float real;
        uint32_t bits;
        int32_t halves;
    } same = { x };
#if defined(__ARM_FP) && __ARM_ARCH_PROFILE == 'M'
    __asm__("vcvt.s32.f32 %0, %0, #1" : "+t"(same.real));  // towards zero, held within int32
    return (same.halves >> 1) + (same.halves & ~(same.halves >> 31) & 1);
#else
    const uint32_t exponent = same.bits >> 23 & 0xff;
    uint32_t size = 0;
    if (exponent >= 127 + 17) {
        size = same.bits << 1 > 0xffu << 24 ? 0 : 1u << 17;
    } else if (exponent >= 127 - 1) {
        size = (((same.bits & 0x7fffff) | 0x800000) >> (127 + 22 - exponent)) + 1;  // in halves
        size >>= 1;
    }
    return same.bits >> 31 ? -(int32_t)size : (int32_t)size;
#endif
}

void linnet_quantize(const float *real, uint32_t n, float scale, int32_t zero_point, linnet_dtype_t dtype, void *quantized) {
    const int32_t span = dtype == LINNET_INT16 ? 0xffff : 0xff;
    const int32_t low = dtype == LINNET_UINT8 ? 0 : ~(span >> 1);
    for (uint32_t i = 0; i < n; i++) {
        int32_t q = (int32_t)((uint32_t)round_small(real[i] / scale) + (uint32_t)zero_point);  // of a file's tensor it is anything
        q = q < low ? low : q > low + span ? low + span : q;
        if (dtype == LINNET_INT16) {
            ((int16_t *)quantized)[i] = (int16_t)q;
        } else {
            ((uint8_t *)quantized)[i] = (uint8_t)q;
        }
    }
}

void linnet_dequantize(const void *quantized, uint32_t n, float scale, int32_t zero_point, linnet_dtype_t dtype, float *real) {
    for (uint32_t i = 0; i < n; i++) {
        int32_t q = dtype == LINNET_INT16 ? ((const int16_t *)quantized)[i]
                    : dtype == LINNET_UINT8 ? ((const uint8_t *)quantized)[i]
                                            : ((const int8_t *)quantized)[i];
        real[i] = scale * (float)(int32_t)((uint32_t)q - (uint32_t)zero_point);
    }
}

static uint32_t xorshift32(uint32_t s) {
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    return s;
}

uint32_t linnet_seeded(const linnet_tensor_t *tensor, uint32_t state, void *data) {
    uint32_t n = tensor->bytes / linnet_dtype_bytes(tensor->dtype);
    for (uint32_t i = 0; i < n; i++) {
        state = xorshift32(state);
        switch (tensor->dtype) {
            case LINNET_FLOAT32: {
                int8_t q = (int8_t)(state >> 24);
                // What has no scale gets numbers from -2 to 2.
                const float scale = tensor->scale != 0 ? tensor->scale : 0x1p-6f;
                linnet_dequantize(&q, 1, scale, tensor->zero_point, LINNET_INT8, (float *)data + i);
                break;
            }
            case LINNET_INT16:
                ((uint16_t *)data)[i] = (uint16_t)(state >> 16);
                break;
            case LINNET_INT32:
                ((uint32_t *)data)[i] = state;
                break;
            case LINNET_INT64:
                ((uint32_t *)data)[2 * i] = state;
                ((uint32_t *)data)[2 * i + 1] = state >> 31 ? UINT32_MAX : 0;
                break;
            case LINNET_BOOL:
                ((uint8_t *)data)[i] = (uint8_t)(state >> 31);
                break;
            default:
                ((uint8_t *)data)[i] = (uint8_t)(state >> 24);
        }
    }
    return state;
}
