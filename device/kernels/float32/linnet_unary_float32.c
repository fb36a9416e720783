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
    if (p->mode >= N_MODES) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_is_float(linnet_input_tensor(call, 0), p->n) && linnet_is_float(linnet_output_tensor(call, 0), p->n)
        ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// reference/logistic.h, with its bounds.
static float logistic(float x) {
    return x > 16.619047164916992188f ? 1.0f : x < -9.0f ? linnet_exp(x) : 1.0f / (1.0f + linnet_exp(-x));
}

// Halves to the even neighbour.
static float round_even(float x) {
    const float whole = linnet_floor(x), rest = x - whole;
    const float half = whole * 0.5f;
    return rest < 0.5f || (rest == 0.5f && half == linnet_floor(half)) ? whole : whole + 1.0f;
}

static float apply(uint32_t mode, float x) {
    switch (mode) {
        case HARD_SWISH: {
            const float gate = x + 3.0f < 0 ? 0 : x + 3.0f;
            return x * (gate < 6.0f ? gate : 6.0f) / 6.0f;
        }
        case LOGISTIC:
            return logistic(x);
        case TANH:
            return linnet_tanh(x);
        case ELU:
            return x < 0 ? linnet_expm1(x) : x;
        case EXP:
            return linnet_exp(x);
        case LOG:
            return linnet_log(x);
        case SQRT:
            return linnet_sqrt(x);
        case RSQRT:
            return 1.0f / linnet_sqrt(x);
        case FLOOR:
            return linnet_floor(x);
        case CEIL:
            return -linnet_floor(-x);
        case ROUND:
            return round_even(x);
        case SIN:
            return linnet_sin(x, 0);
        default:
            return linnet_sin(x, 1);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_unary_float32_params_t *p = call->params;
    const float *in = linnet_input(call, 0);
    float *out = linnet_output(call, 0);
    const float *end = in + p->n;
    const float low = p->low, high = p->high;
    switch (p->mode) {
        case CLAMP:
            for (; in != end; in++) {
                *out++ = linnet_clamp_float(*in, low, high);
            }
            break;
        case LEAKY_RELU:
            for (; in != end; in++) {
                *out++ = *in > 0 ? *in : *in * low;
            }
            break;
        case ABS:
            for (; in != end; in++) {
                *out++ = linnet_from_bits(linnet_bits_of(*in) & 0x7fffffff);
            }
            break;
        case NEG:
            for (; in != end; in++) {
                *out++ = -*in;
            }
            break;
        case SQUARE:
            for (; in != end; in++) {
                *out++ = *in * *in;
            }
            break;
        default:
            for (; in != end; in++) {
                *out++ = apply(p->mode, *in);
            }
    }
}

const linnet_kernel_t linnet_unary_float32_kernel = { 1, 1, sizeof(linnet_unary_float32_params_t), check, NULL, run };
