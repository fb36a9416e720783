// UNARY: float32 (n) -> float32 (n), element by element. TFLite's reference kernels; which functions are theirs to the bit and
// which only nearly, FORMAT.md says.

#include "linnet_float32.h"

enum {
    CLAMP, LEAKY_RELU, HARD_SWISH, LOGISTIC, TANH, ELU, EXP, LOG, SQRT, RSQRT, ABS, NEG, SQUARE, FLOOR, CEIL, ROUND, SIN, COS, N_MODES
};

typedef struct {
    uint32_t n;
    uint32_t mode;
    float low, high;  // of CLAMP; LEAKY_RELU's slope is `low`
} linnet_unary_float32_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_unary_float32_params_t *p = call->params;
    if (p->mode >= N_MODES || (p->mode == CLAMP && !linnet_range_ok(p->low, p->high))) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_is_float(linnet_input_tensor(call, 0), p->n) && linnet_is_float(linnet_output_tensor(call, 0), p->n)
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// reference/logistic.h, with its bounds.
static float logistic(float x) {
    return linnet_less(16.619047164916992188f, x) ? 1.0f : linnet_less(x, -9.0f) ? linnet_exp(x) : 1.0f / (1.0f + linnet_exp(-x));
}

// Halves to the even neighbour.
static float round_even(float x) {
    const float whole = linnet_floor(x), rest = x - whole;
    const float half = whole * 0.5f;
    return rest < 0.5f || (rest == 0.5f && half == linnet_floor(half)) ? whole : whole + 1.0f;
}

static void clamp(const linnet_call_t *call) {
    const linnet_unary_float32_params_t *p = call->params;
    const float low = p->low, high = p->high;
    const uint32_t *in = linnet_input(call, 0);
    uint32_t *out = linnet_output(call, 0);
    const uint32_t *end = in + p->n;
    if (linnet_bits_of(high) == LINNET_INFINITE_BITS) {  // the bits of what is below lie between two bounds
        const uint32_t least = linnet_bits_of(low) | LINNET_SIGN_BIT, n = (LINNET_INFINITE_BITS | LINNET_SIGN_BIT) - least;
        for (; in != end; in++) {
            *out++ = *in - least - 1 < n ? linnet_bits_of(low) : *in;
        }
        return;
    }
    for (; in != end; in++) {
        *out++ = linnet_clamp_bits(*in, low, high);
    }
}

#define EACH(result) \
    for (; in != end; in++) { \
        const float x = *in; \
        *out++ = result; \
    } \
    break

static void run(const linnet_call_t *call) {
    const linnet_unary_float32_params_t *p = call->params;
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    const float *end = in + p->n;
    const float low = p->low;
    switch (p->mode) {
        case CLAMP:
            clamp(call);
            break;
        case LEAKY_RELU:
            EACH((int32_t)linnet_bits_of(x) > 0 ? x : x * low);
        case HARD_SWISH:
            EACH(x * linnet_clamp_float(x + 3.0f, 0, 6.0f) / 6.0f);
        case LOGISTIC:
            EACH(logistic(x));
        case TANH:
            EACH(linnet_tanh(x));
        case ELU:
            EACH(linnet_is_negative(x) ? linnet_expm1(x) : x);
        case EXP:
            EACH(linnet_exp(x));
        case LOG:
            EACH(linnet_log(x));
        case SQRT:
            EACH(linnet_sqrt(x));
        case RSQRT:
            EACH(1.0f / linnet_sqrt(x));
        case ABS:
            EACH(linnet_from_bits(linnet_bits_of(x) & ~LINNET_SIGN_BIT));
        case NEG:
            EACH(-x);
        case SQUARE:
            EACH(x * x);
        case FLOOR:
            EACH(linnet_floor(x));
        case CEIL:
            EACH(-linnet_floor(-x));
        case ROUND:
            EACH(round_even(x));
        case SIN:
            EACH(linnet_sin(x, 0));
        default:
            EACH(linnet_sin(x, 1));
    }
}

const linnet_kernel_t linnet_unary_float32_kernel = { 1, 1, sizeof(linnet_unary_float32_params_t), check, NULL, run };
