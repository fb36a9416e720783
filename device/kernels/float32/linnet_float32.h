// What the kernels of single precision share. They are made of + - * / and comparisons, in the order of TFLite's reference
// kernels, and compiled without fused multiply-adds: so every core computes the same bits. NaN goes through; its own bits are
// whatever the core makes them.

#ifndef LINNET_FLOAT32_H
#define LINNET_FLOAT32_H

#include "../linnet_kernel.h"

// The walk over operands of different shapes, under names of this group's own: each group is a module by itself.
#define linnet_broadcast_ok linnet_broadcast_ok_float32
#define linnet_broadcast_carry linnet_broadcast_carry_float32
#include "../math/linnet_broadcast.h"

#define LINNET_LOWEST -3.402823466e+38f

typedef union {
    float real;
    uint32_t bits;
} linnet_float_bits_t;

static inline float linnet_from_bits(uint32_t bits) {
    const linnet_float_bits_t float_bits = { .bits = bits };
    return float_bits.real;
}

static inline uint32_t linnet_bits_of(float x) {
    const linnet_float_bits_t float_bits = { .real = x };
    return float_bits.bits;
}

#define LINNET_INFINITE_BITS 0x7f800000  // those of a NaN are above, but for its sign
#define LINNET_SIGN_BIT 0x80000000

// Orders as the floats do, both zeros alike.
static inline int32_t linnet_rank(float x) {
    const int32_t bits = (int32_t)linnet_bits_of(x);
    return bits < 0 ? INT32_MIN - bits : bits;
}

// a < b: in integers, but for cores whose FPU is known to be there.
static inline int linnet_less(float a, float b) {
#if defined(__ARM_FP)
    return a < b;
#else
    const int32_t x = linnet_rank(a), y = linnet_rank(b);
    return x < y && y <= LINNET_INFINITE_BITS && x >= -LINNET_INFINITE_BITS;
#endif
}

// x < 0; a NaN may be either.
static inline int linnet_is_negative(float x) {
    return linnet_bits_of(x) > LINNET_SIGN_BIT;
}

// Ranges that values are held in have zero inside.
static inline int linnet_range_ok(float low, float high) {
    return low <= 0 && high >= 0;
}

// std::max(low, x), then std::min with high, of a float's bits: a NaN stays one.
static inline uint32_t linnet_clamp_bits(uint32_t bits, float low, float high) {
    if (bits <= linnet_bits_of(high)) {
        return bits;
    }
    if (bits >= LINNET_SIGN_BIT) {
        const uint32_t least = linnet_bits_of(low), infinite = LINNET_INFINITE_BITS | LINNET_SIGN_BIT;
        return bits > (least | LINNET_SIGN_BIT) && bits <= infinite ? least : bits;
    }
    return bits > LINNET_INFINITE_BITS ? bits : linnet_bits_of(high);
}

static inline float linnet_clamp_float(float x, float low, float high) {
    return linnet_from_bits(linnet_clamp_bits(linnet_bits_of(x), low, high));
}

// The tensor is float32 and has this many elements; any product of four sizes of 16 bits may be asked for.
static inline int linnet_is_float(const linnet_tensor_t *tensor, uint64_t elements) {
    return tensor->dtype == LINNET_FLOAT32 && tensor->bytes / sizeof(float) == elements;
}

// The float32 input and output of an operator with a window have its sizes.
static inline int linnet_window_fits_float(const linnet_window_t *w, const linnet_call_t *call) {
    return linnet_is_float(linnet_input_tensor(call, 0), (uint64_t)w->batches * w->in_h * w->in_w * w->in_c)
           && linnet_is_float(linnet_output_tensor(call, 0), (uint64_t)w->batches * w->out_h * w->out_w * w->out_c);
}

// Layers with weights ------------------------------------------------------------------------------------

enum { LINNET_WEIGHTS_FLOAT32, LINNET_WEIGHTS_FLOAT16, LINNET_WEIGHTS_INT8, LINNET_N_WEIGHTS };

typedef struct {
    float act_min, act_max;
    uint16_t groups;
    uint8_t weights;  // what they are
    uint8_t reserved;
} linnet_layer_t;

// As they lie in the data.
typedef struct {
    const float *bias;   // (n)
    const float *scale;  // (n) of int8 weights, else NULL
    const void *weights;
} linnet_layer_data_t;

int linnet_layer_ok(const linnet_layer_t *layer);

// The bytes of a layer's data: n outputs with so many weights each.
uint64_t linnet_layer_bytes(const linnet_layer_t *layer, uint64_t n, uint64_t weights);

linnet_layer_data_t linnet_layer_data(const linnet_layer_t *layer, const uint8_t *data, uint32_t n);

#define LINNET_LINES 4  // outputs at a time

// total[k] += x[i] * weights[first + k * pitch + i], i = 0 ... n - 1 in order, for one line or LINNET_LINES of them.
void linnet_dots(const linnet_layer_t *layer, const void *weights, uint32_t first, uint32_t pitch, const float *x, uint32_t n,
    uint32_t lines, float *total);

// out[k] of outputs o ... o + lines - 1.
static inline void linnet_layer_finish(const linnet_layer_t *layer, const linnet_layer_data_t *data, uint32_t o, uint32_t lines,
    const float *total, float *out) {
    for (uint32_t k = 0; k < lines; k++, o++) {
        const float y = data->scale != NULL ? total[k] * data->scale[o] : total[k];
        out[k] = linnet_clamp_float(y + data->bias[o], layer->act_min, layer->act_max);
    }
}

// A half's value in single precision; subnormals, infinities and NaN too (linnet_layer.c).
float linnet_widen_rare(uint32_t half);

static inline float linnet_widen(uint32_t half) {
#if defined(__ARM_FP) && __ARM_ARCH_PROFILE == 'M'  // every FPU of a Cortex-M has it
    float y;
    __asm__("vcvtb.f32.f16 %0, %1" : "=t"(y) : "t"(linnet_from_bits(half)));
    return y;
#else
    const uint32_t magnitude = half & 0x7fff;
    if (magnitude - 0x0400 >= 0x7c00 - 0x0400) {
        return linnet_widen_rare(half);
    }
    return linnet_from_bits((half & 0x8000) << 16 | ((magnitude << 13) + ((127 - 15) << 23)));
#endif
}

// Taps first ... end - 1 of a window that starts at `start` lie inside the input, along one axis.
typedef struct {
    uint32_t first, end;
} linnet_taps_t;

static inline uint32_t linnet_divide_up(uint32_t n, uint32_t by) {
    return by == 1 ? n : (n + by - 1) / by;
}

static inline linnet_taps_t linnet_taps(int32_t start, uint32_t kernel, uint32_t dilation, uint32_t size) {
    linnet_taps_t taps = { start < 0 ? linnet_divide_up((uint32_t)-start, dilation) : 0, kernel };
    const int32_t room = (int32_t)size - start;
    const uint32_t inside = room > 0 ? linnet_divide_up((uint32_t)room, dilation) : 0;
    taps.end = inside < kernel ? inside : kernel;
    taps.first = taps.first < taps.end ? taps.first : taps.end;
    return taps;
}

// Functions (linnet_functions.c): the same bits on every core, within 2 units in the last place ----------------

float linnet_exp(float x);
float linnet_expm1(float x);  // x <= 0
float linnet_log(float x);
float linnet_tanh(float x);
float linnet_sin(float x, uint32_t quarter_turns);  // 1: cos
float linnet_sqrt(float x);  // rounded as IEEE 754 has it
float linnet_floor(float x);

#endif
