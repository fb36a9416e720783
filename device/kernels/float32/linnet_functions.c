// exp, log, tanh, sin, cos, sqrt, floor in single precision, without a libm: a native module has none, and boards' differ. The
// polynomials are least-maximum fits; every one stays within 2 units in the last place (tests/host/test_float32.py).

#include "linnet_float32.h"

#define INFINITE linnet_from_bits(0x7f800000)
#define NOT_A_NUMBER linnet_from_bits(0x7fc00000)
// ln 2 in two parts: products of the first with exponents are exact.
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f

// 2^k, k within -126 ... 127.
static float power(int32_t k) {
    return linnet_from_bits((uint32_t)(k + 127) << 23);
}

// x = k ln 2 + rest with |rest| <= ln 2 / 2, |x| < 128; returns exp(rest) - 1.
static float reduced_expm1(float x, int32_t *k) {
    const float half = linnet_from_bits((linnet_bits_of(x) & LINNET_SIGN_BIT) | 0x3f000000);
    *k = (int32_t)(x * 1.44269504f + half);
    const float n = (float)*k;
    const float r = (x - n * LN2_HIGH) - n * LN2_LOW;
    float p = 0.000199135742f;
    p = p * r + 0.00139410223f;
    p = p * r + 0.00833327416f;
    p = p * r + 0.041666355f;
    p = p * r + 0.166666672f;
    p = p * r + 0.5f;
    return r + r * r * p;
}

// Where the result is not a normal number, or nearly.
static float exp_far(float x) {
    if (!(x > -104.0f)) {
        return x < 0 ? 0 : x;  // NaN
    }
    if (x > 88.73f) {
        return INFINITE;
    }
    int32_t k;
    const float y = 1.0f + reduced_expm1(x, &k);
    // In two steps, so that the result may be subnormal or have the largest exponent.
    const int32_t half = k / 2;
    return y * power(half) * power(k - half);
}

float linnet_exp(float x) {
    const uint32_t magnitude = linnet_bits_of(x) & 0x7fffffff;
    if (magnitude > 0x42ac0000) {  // 86
        return exp_far(x);
    }
    if (magnitude == 0) {  // of the largest in every row of a softmax
        return 1.0f;
    }
    int32_t k;
    const float y = 1.0f + reduced_expm1(x, &k);
    return linnet_from_bits(linnet_bits_of(y) + ((uint32_t)k << 23));
}

float linnet_expm1(float x) {
    if (!linnet_less(-18.0f, x)) {
        return x < 0 ? -1.0f : x;
    }
    int32_t k;
    const float y = reduced_expm1(x, &k);
    const float scale = power(k);
    return k == 0 ? y : y * scale + (scale - 1.0f);
}

float linnet_log(float x) {
    if (!(x > 0)) {
        return x == 0 ? -INFINITE : NOT_A_NUMBER;
    }
    uint32_t bits = linnet_bits_of(x);
    if (bits == 0x7f800000) {
        return x;
    }
    int32_t k = -127;
    if (bits < 0x00800000) {
        bits = linnet_bits_of(x * 0x1p24f);
        k -= 24;
    }
    // x = 2^k (1 + f) with 1 + f within sqrt(1/2) ... sqrt(2).
    bits += 0x3f800000 - 0x3f3504f3;
    k += (int32_t)(bits >> 23);
    const float f = linnet_from_bits((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
    float p = 0.0691536814f;
    p = p * f - 0.117898077f;
    p = p * f + 0.118729763f;
    p = p * f - 0.123843484f;
    p = p * f + 0.142186582f;
    p = p * f - 0.16669251f;
    p = p * f + 0.200022265f;
    p = p * f - 0.249999866f;
    p = p * f + 0.333333105f;
    const float n = (float)k, square = f * f;
    const float rest = square * f * p + n * LN2_LOW - 0.5f * square;
    return rest + f + n * LN2_HIGH;
}

float linnet_tanh(float x) {
    const float magnitude = linnet_from_bits(linnet_bits_of(x) & 0x7fffffff);
    float y;
    if (linnet_less(magnitude, 0.625f)) {
        const float z = x * x;
        float p = -0.00571703678f;
        p = p * z + 0.0206505787f;
        p = p * z - 0.0537434965f;
        p = p * z + 0.133314908f;
        p = p * z - 0.333332837f;
        return x + x * z * p;
    }
    y = linnet_less(10.0f, magnitude) ? 1.0f : 1.0f - 2.0f / (linnet_exp(2.0f * magnitude) + 1.0f);
    return linnet_from_bits(linnet_bits_of(y) | (linnet_bits_of(x) & LINNET_SIGN_BIT));
}

// 2 / pi, in words, after 32 zeros: what 2^127 is reduced by, too.
static const uint32_t two_over_pi[] = {
    0x00000000, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561
};

// 32 bits of 2 / pi from bit `at` on, which counts the zeros.
static uint32_t bits_at(uint32_t at) {
    const uint32_t *word = two_over_pi + at / 32, shift = at % 32;
    return shift == 0 ? word[0] : word[0] << shift | word[1] >> (32 - shift);
}

// x = n pi / 2 + r with |r| <= pi / 4, for finite |x| >= 1/2: Payne and Hanek's reduction, in integers. Returns r.
static float reduce(float x, uint32_t *n) {
    const uint32_t bits = linnet_bits_of(x);
    const uint32_t mantissa = (bits & 0x007fffff) | 0x00800000;
    // |x| = mantissa 2^(exponent - 150); bits of 2 / pi whose products are multiples of 4 are left out.
    const uint32_t at = (bits >> 23 & 255) - 150 - 2 + 32;
    const uint64_t low = (uint64_t)mantissa * bits_at(at + 64);
    const uint64_t middle = (uint64_t)mantissa * bits_at(at + 32) + (low >> 32);
    const uint64_t turns = ((uint64_t)(mantissa * bits_at(at) + (uint32_t)(middle >> 32)) << 32) | (uint32_t)middle;
    *n = (uint32_t)((turns + ((uint64_t)1 << 61)) >> 62);
    uint64_t rest = turns << 2;  // a signed fraction of pi / 2, times 2^64
    const uint32_t is_negative = (uint32_t)(rest >> 63);
    rest = is_negative ? 0 - rest : rest;
    float scale = 0x1p-63f;
    while (rest != 0 && !(rest >> 63)) {
        rest <<= 1;
        scale *= 0.5f;
    }
    // Times pi / 2, whose first 32 bits are these; 2^-63 becomes 2^-32 of what is left.
    const uint32_t product = (uint32_t)((uint64_t)(uint32_t)(rest >> 32) * 0xc90fdaa2 >> 32);
    const float r = (float)product * (scale * 0x1p32f);
    if (bits >> 31) {
        *n = 0 - *n;
    }
    return is_negative != bits >> 31 ? -r : r;
}

// The same for |x| < 128: pi / 2 in three parts, of which products of the first two with n are exact.
static float reduce_small(float x, uint32_t *n) {
    // From memory: clang 23 for Xtensa cannot choose between two constants.
    static const float half[2] = { 0.5f, -0.5f };
    const int32_t k = (int32_t)(x * 0.636619772f + half[x < 0]);
    const float turns = (float)k;
    *n = (uint32_t)k;
    const float high = x - turns * 0x1.921ep+0f, middle = turns * 0x1.b544p-16f;
    const float rest = high - middle;
    return rest + ((high - rest - middle) - turns * 0x1.0b4612p-34f);  // with what rounding took from the rest
}

float linnet_sin(float x, uint32_t quarter_turns) {
    const uint32_t magnitude = linnet_bits_of(x) & 0x7fffffff;
    if (magnitude >= 0x7f800000) {
        return NOT_A_NUMBER;
    }
    uint32_t n = 0;
    float r = x;
    if (magnitude >= 0x3f490fdb) {
        r = magnitude < 0x43000000 ? reduce_small(x, &n) : reduce(x, &n);
    }
    const float z = r * r;
    float y;
    n += quarter_turns;
    if (n & 1) {
        float p = 2.44383773e-05f;
        p = p * z - 0.00138873665f;
        p = p * z + 0.0416666456f;
        y = 1.0f - (0.5f * z - z * z * p);
    } else {
        float p = -0.000195172339f;
        p = p * z + 0.008332178f;
        p = p * z - 0.166666552f;
        y = r + r * z * p;
    }
    return n & 2 ? -y : y;
}

float linnet_sqrt(float x) {
    uint32_t bits = linnet_bits_of(x);
    if (!(x > 0) || bits == 0x7f800000) {
        return x < 0 ? NOT_A_NUMBER : x;
    }
#if defined(__ARM_FP) && (__ARM_FP & 4)
    float y;
    __asm__("vsqrt.f32 %0, %1" : "=t"(y) : "t"(x));
    return y;
#else
    int32_t exponent = 0;
    if (bits < 0x00800000) {
        bits = linnet_bits_of(x * 0x1p24f);
        exponent = -24;
    }
    exponent += (int32_t)(bits >> 23) - 127;
    uint32_t rest = (bits & 0x007fffff) | 0x00800000;
    rest <<= 1 + (exponent & 1);  // of an even exponent
    exponent >>= 1;
    // Digit by digit: 24 bits of the root and one to round by; what is left is never half.
    uint32_t root = 0, taken = 0;
    for (uint32_t bit = 1u << 24; bit != 0; bit >>= 1) {
        const uint32_t next = taken + bit;
        if (next <= rest) {
            taken = next + bit;
            rest -= next;
            root += bit;
        }
        rest <<= 1;
    }
    root += root & 1;
    return linnet_from_bits((root >> 1) + ((uint32_t)(exponent + 126) << 23));
#endif
}

float linnet_floor(float x) {
    // From 2^23 on every float is whole; so is NaN.
    const uint32_t bits = linnet_bits_of(x);
    if ((bits & 0x7fffffff) >= 0x4b000000 || (bits & 0x7fffffff) == 0) {
        return x;
    }
    const float whole = (float)(int32_t)x;
    if (whole > x) {
        return whole - 1.0f;
    }
    // -0 has been dealt with: 0 here comes of 0 < x < 1.
    return whole;
}
