// float32 division for armv6m, where libgcc's own jumps through a table of absolute addresses, which a native module
// cannot hold, and for Xtensa, where clang comes without a library. IEEE 754, rounded to nearest even, subnormals included. tests/device/test_float_divide.py compares
// it with the host's division.

#if defined(__ARM_ARCH_6M__) || defined(__XTENSA__) || defined(LINNET_FLOAT_DIVIDE)

#include <stdint.h>

#define INFINITE 0x7f800000u
#define IMPLICIT 0x00800000u

// The significand with its leading one, and the exponent that goes with it; of a finite number other than 0.
static uint32_t unpack(uint32_t bits, int32_t *exponent) {
    uint32_t significand = bits & (IMPLICIT - 1);
    *exponent = (int32_t)(bits >> 23 & 255);
    if (*exponent != 0) {
        return significand | IMPLICIT;
    }
    for (*exponent = 1; significand < IMPLICIT; significand <<= 1) {
        *exponent -= 1;
    }
    return significand;
}

static uint32_t divide(uint32_t a, uint32_t b) {
    const uint32_t sign = (a ^ b) & 0x80000000u;
    a &= 0x7fffffffu;
    b &= 0x7fffffffu;
    if (a > INFINITE || b > INFINITE || (a == INFINITE && b == INFINITE) || (a == 0 && b == 0)) {
        return INFINITE | IMPLICIT >> 1;  // NaN
    }
    if (a == INFINITE || b == 0) {
        return sign | INFINITE;
    }
    if (b == INFINITE || a == 0) {
        return sign;
    }
    int32_t exponent_a, exponent_b;
    uint32_t rest = unpack(a, &exponent_a), divisor = unpack(b, &exponent_b);
    int32_t exponent = exponent_a - exponent_b + 127;
    if (rest < divisor) {
        rest <<= 1;
        exponent -= 1;
    }
    // 24 bits of the quotient and one to round by; what is left over breaks ties.
    uint32_t quotient = 0;
    for (int i = 0; i < 25; i++) {
        quotient <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
        rest <<= 1;
    }
    if (exponent >= 255) {
        return sign | INFINITE;
    }
    if (exponent < 1) {
        const uint32_t shift = exponent < -25 ? 26 : (uint32_t)(1 - exponent);
        rest |= quotient & ((1u << shift) - 1);
        quotient >>= shift;
        exponent = 0;
    }
    uint32_t bits = (exponent > 0 ? (uint32_t)(exponent - 1) << 23 : 0) + (quotient >> 1);
    bits += (quotient & 1) && (rest != 0 || (bits & 1));
    return sign | bits;
}

typedef union {
    float real;
    uint32_t bits;
} float_bits_t;

#if defined(__XTENSA__)
#define DIVIDE __divsf3
#else
#define DIVIDE __aeabi_fdiv
#endif

float DIVIDE(float a, float b) {
    float_bits_t x = { a }, y = { b }, quotient;
    quotient.bits = divide(x.bits, y.bits);
    return quotient.real;
}

#endif
