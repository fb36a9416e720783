// What the pico-sdk calls in the RP2040's boot ROM (pico/bootrom.h, pico/bootrom/sf_table.h), for the emulated one.
// Plain, and not the chip's code: how long it takes says nothing about the chip's ROM.

#include <stdint.h>

void *rom_lookup(const uint16_t *table, uint32_t code) {
    for (; table[0]; table += 2) {
        if (table[0] == code) {
            return (void *)(uintptr_t)table[1];
        }
    }
    return 0;
}

// Bits

uint32_t rom_popcount(uint32_t bits) {
    uint32_t n = 0;
    for (; bits; bits &= bits - 1) {
        n++;
    }
    return n;
}

uint32_t rom_reverse(uint32_t bits) {
    uint32_t reversed = 0;
    for (int i = 0; i < 32; i++) {
        reversed = reversed << 1 | (bits >> i & 1);
    }
    return reversed;
}

uint32_t rom_clz(uint32_t bits) {
    uint32_t n = 0;
    for (; n < 32 && !(bits >> 31); bits <<= 1) {
        n++;
    }
    return n;
}

uint32_t rom_ctz(uint32_t bits) {
    return bits ? 31 - rom_clz(bits & -bits) : 32;
}

// Memory

// value: the SDK passes memset's int on as it is, whatever its upper bits.
void *rom_memset(void *to, uint32_t value, uint32_t n_bytes) {
    uint8_t *byte = to, *end = byte + n_bytes;
    value &= 0xff;
    for (; byte < end && ((uintptr_t)byte & 3); byte++) {
        *byte = (uint8_t)value;
    }
    for (; end - byte >= 4; byte += 4) {
        *(uint32_t *)byte = value * 0x01010101u;
    }
    for (; byte < end; byte++) {
        *byte = (uint8_t)value;
    }
    return to;
}

void *rom_memcpy(void *to, const void *from, uint32_t n_bytes) {
    uint8_t *byte = to, *end = byte + n_bytes;
    const uint8_t *source = from;
    if ((((uintptr_t)byte ^ (uintptr_t)source) & 3) == 0) {
        for (; byte < end && ((uintptr_t)byte & 3); byte++) {
            *byte = *source++;
        }
        for (; end - byte >= 4; byte += 4, source += 4) {
            *(uint32_t *)byte = *(const uint32_t *)source;
        }
    }
    for (; byte < end; byte++) {
        *byte = *source++;
    }
    return to;
}

// Floats to integers. A value is its bits, since that is how they are called.

// floor(|value| * 2^scale), saturated; *rest tells whether something was cut off.
static uint64_t magnitude(uint32_t value, int scale, int *rest) {
    int exponent = (int)(value >> 23 & 0xff), shift = exponent - 127 - 23 + scale;
    uint64_t mantissa = (value & 0x7fffff) | 0x800000;
    *rest = 0;
    if (exponent == 0) {
        return 0; // denormals count as 0
    }
    if (shift >= 0) {
        return shift > 40 ? UINT64_MAX : mantissa << shift;
    }
    shift = shift < -24 ? 24 : -shift;
    *rest = (mantissa & ((1u << shift) - 1)) != 0;
    return mantissa >> shift;
}

static uint64_t float_to_ufix64(uint32_t value, int scale) {
    int rest;
    return value >> 31 ? 0 : magnitude(value, scale, &rest);
}

static int64_t float_to_fix64(uint32_t value, int scale) {
    int rest;
    uint64_t n = magnitude(value, scale, &rest);
    if (value >> 31) {
        n += (uint64_t)(rest && n < UINT64_MAX); // towards minus infinity
        return n > INT64_MAX ? INT64_MIN : -(int64_t)n;
    }
    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static uint32_t float_to_ufix(uint32_t value, int scale) {
    uint64_t n = float_to_ufix64(value, scale);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static int32_t float_to_fix(uint32_t value, int scale) {
    int64_t n = float_to_fix64(value, scale);
    return n > INT32_MAX ? INT32_MAX : n < INT32_MIN ? INT32_MIN : (int32_t)n;
}

static uint64_t float_to_uint64(uint32_t value) {
    return float_to_ufix64(value, 0);
}

static int64_t float_to_int64(uint32_t value) {
    return float_to_fix64(value, 0);
}

static uint32_t float_to_uint(uint32_t value) {
    return float_to_ufix(value, 0);
}

static int32_t float_to_int(uint32_t value) {
    return float_to_fix(value, 0);
}

// The table of single floats, second version: arithmetic is the compiler's. What MicroPython's port does not call is missing.

#define N_FLOATS (32)

void not_in_this_rom(void);
void __aeabi_fadd(void), __aeabi_fsub(void), __aeabi_fmul(void), __aeabi_fdiv(void);
void __aeabi_i2f(void), __aeabi_ui2f(void), __aeabi_l2f(void), __aeabi_ul2f(void), __aeabi_f2d(void);

// The number of entries stands two bytes before the first.
const uint16_t rom_floats_head[2] __attribute__((section(".floats.0"))) = { 0, N_FLOATS };
const void *const rom_floats[N_FLOATS] __attribute__((section(".floats.1"))) = {
    [0 ... N_FLOATS - 1] = not_in_this_rom,
    [0x00 / 4] = __aeabi_fadd,
    [0x04 / 4] = __aeabi_fsub,
    [0x08 / 4] = __aeabi_fmul,
    [0x0c / 4] = __aeabi_fdiv,
    [0x1c / 4] = float_to_int,
    [0x20 / 4] = float_to_fix,
    [0x24 / 4] = float_to_uint,
    [0x28 / 4] = float_to_ufix,
    [0x2c / 4] = __aeabi_i2f,
    [0x34 / 4] = __aeabi_ui2f,
    [0x5c / 4] = __aeabi_l2f,
    [0x64 / 4] = __aeabi_ul2f,
    [0x6c / 4] = float_to_int64,
    [0x70 / 4] = float_to_fix64,
    [0x74 / 4] = float_to_uint64,
    [0x78 / 4] = float_to_ufix64,
    [0x7c / 4] = __aeabi_f2d,
};
