// What the compiler calls and a C library would have, of which there is none for this ABI. Floats of files that are compiled
// without the FPU come here to it; of double precision only conversions occur.

#include <stdint.h>

typedef union {
    float real;
    uint32_t bits;
} single_t;

typedef union {
    double real;
    uint64_t bits;
} wide_t;

#define INFINITE 0x7f800000u
#define MAGNITUDE 0x7fffffffu

static uint32_t bits_of(float x) {
    single_t s = { x };
    return s.bits;
}

static float float_of(uint32_t bits) {
    single_t s;
    s.bits = bits;
    return s.real;
}

// Integers -------------------------------------------------------------------------------------------------

static uint64_t product(uint32_t a, uint32_t b) {
    const uint32_t low = (a & 0xffff) * (b & 0xffff), high = (a >> 16) * (b >> 16);
    const uint32_t middle_a = (a >> 16) * (b & 0xffff), middle_b = (a & 0xffff) * (b >> 16);
    const uint32_t middle = (low >> 16) + (middle_a & 0xffff) + (middle_b & 0xffff);
    const uint32_t upper = high + (middle_a >> 16) + (middle_b >> 16) + (middle >> 16);
    return (uint64_t)upper << 32 | (middle << 16 | (low & 0xffff));
}

int64_t __muldi3(int64_t a, int64_t b) {
    const uint32_t a_high = (uint32_t)((uint64_t)a >> 32), b_high = (uint32_t)((uint64_t)b >> 32);
    const uint32_t upper = (uint32_t)a * b_high + a_high * (uint32_t)b;
    return (int64_t)(product((uint32_t)a, (uint32_t)b) + ((uint64_t)upper << 32));
}

uint64_t __udivdi3(uint64_t a, uint64_t b) {
    uint64_t quotient = 0, rest = 0;
    for (int i = 63; i >= 0; i--) {
        rest = rest << 1 | (a >> i & 1);
        if (rest >= b) {
            rest -= b;
            quotient |= (uint64_t)1 << i;
        }
    }
    return quotient;
}

// Single precision: what the FPU does ----------------------------------------------------------------------

float __addsf3(float a, float b) {
    return a + b;
}

float __subsf3(float a, float b) {
    return a - b;
}

float __mulsf3(float a, float b) {
    return a * b;
}

int32_t __fixsfsi(float a) {
    return (int32_t)a;
}

float __floatsisf(int32_t a) {
    return (float)a;
}

float __floatunsisf(uint32_t a) {
    return (float)a;
}

int32_t __eqsf2(float a, float b) {
    return !(a == b);
}

int32_t __nesf2(float a, float b) {
    return !(a == b);
}

// A NaN makes each of these false to its caller.
int32_t __ltsf2(float a, float b) {
    return a < b ? -1 : 1;
}

int32_t __gtsf2(float a, float b) {
    return a > b ? 1 : -1;
}

int32_t __lesf2(float a, float b) {
    return a <= b ? -1 : 1;
}

int32_t __gesf2(float a, float b) {
    return a >= b ? 1 : -1;
}

// Of <math.h> ----------------------------------------------------------------------------------------------

float fabsf(float x) {
    return float_of(bits_of(x) & MAGNITUDE);
}

float copysignf(float x, float y) {
    return float_of((bits_of(x) & MAGNITUDE) | (bits_of(y) & ~MAGNITUDE));
}

float nanf(const char *tag) {
    (void)tag;
    return float_of(INFINITE | 1u << 22);
}

int __isnanf(float x) {
    return (bits_of(x) & MAGNITUDE) > INFINITE;
}

int __isinff(float x) {
    return (bits_of(x) & MAGNITUDE) == INFINITE;
}

int __finitef(float x) {
    return (bits_of(x) & MAGNITUDE) < INFINITE;
}

// Double precision: conversions. Subnormal floats become 0. -------------------------------------------------

int __isnand(double x) {
    wide_t d = { x };
    return (d.bits & ~((uint64_t)1 << 63)) > (uint64_t)0x7ff << 52;
}

int __isnanl(long double x) {
    return __isnand((double)x);
}

double __extendsfdf2(float x) {
    const uint32_t bits = bits_of(x), exponent = bits >> 23 & 255;
    wide_t d;
    d.bits = (uint64_t)(bits >> 31) << 63;
    if (exponent != 0) {
        d.bits |= (uint64_t)(exponent == 255 ? 2047 : exponent + 896) << 52 | (uint64_t)(bits & 0x7fffff) << 29;
    }
    return d.real;
}

float __truncdfsf2(double x) {
    wide_t d = { x };
    const uint32_t sign = (uint32_t)(d.bits >> 63) << 31, rest = (uint32_t)d.bits & 0x1fffffff;
    const int32_t exponent = (int32_t)(d.bits >> 52 & 2047) - 896;
    if (exponent <= 0) {
        return float_of(sign);
    }
    if (exponent >= 255) {
        return float_of(sign | INFINITE | (uint32_t)__isnand(x) << 22);
    }
    uint32_t bits = (uint32_t)exponent << 23 | ((uint32_t)(d.bits >> 29) & 0x7fffff);
    bits += rest > 0x10000000 || (rest == 0x10000000 && (bits & 1));
    return float_of(sign | bits);
}

double __floatsidf(int32_t a) {
    wide_t d;
    d.bits = 0;
    if (a != 0) {
        uint32_t magnitude = a < 0 ? 0 - (uint32_t)a : (uint32_t)a, exponent = 1023 + 31;
        for (; !(magnitude >> 31); magnitude <<= 1) {
            exponent--;
        }
        d.bits = (uint64_t)((uint32_t)a >> 31) << 63 | (uint64_t)exponent << 52 | (uint64_t)(magnitude & 0x7fffffff) << 21;
    }
    return d.real;
}
