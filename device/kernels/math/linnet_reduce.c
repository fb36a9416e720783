// REDUCE: int8 -> int8 over any axes: SUM and MEAN (requantized alike: the host has put 1 / n into the factor), REDUCE_MAX,
// REDUCE_MIN; of bool the last two are REDUCE_ANY and REDUCE_ALL. TFLite's reference/reduce.h.

#include "../linnet_kernel.h"
#include "../linnet_requant.h"

enum { SUM, MAXIMUM, MINIMUM, N_MODES };

// Axes that follow each other and are kept, or reduced, alike are one.
#define N_AXES 3

typedef struct {
    uint32_t kept[N_AXES], kept_strides[N_AXES];  // outermost first, the output's order
    uint32_t reduced[N_AXES], reduced_strides[N_AXES];
    int16_t input_zero_point, output_zero_point;
    uint8_t mode;
    uint8_t reserved[3];
    int32_t multiplier, shift;
} linnet_reduce_params_t;

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_reduce_params_t *p = call->params;
    const linnet_tensor_t *in = linnet_input_tensor(call, 0);
    const linnet_tensor_t *out = linnet_output_tensor(call, 0);
    if (in->dtype != out->dtype || (in->dtype != LINNET_INT8 && !(in->dtype == LINNET_BOOL && p->mode != SUM))) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_requant_t requant = { p->input_zero_point, p->output_zero_point, -128, 127 };
    if (!linnet_requant_ok(&requant) || p->mode >= N_MODES || p->reserved[0] || p->reserved[1] || p->reserved[2]
        || p->multiplier < 0 || p->shift < -31 || p->shift > 30) {
        return LINNET_ERR_PARAMS;
    }
    uint64_t kept = 1, all = 1, last = 0;
    for (uint32_t i = 0; i < N_AXES; i++) {
        kept *= p->kept[i];
        // Sizes are below 2^32, so that no product or sum here reaches 2^64.
        if (kept == 0 || kept > out->bytes || p->reduced[i] == 0) {
            return LINNET_ERR_PARAMS;
        }
        all *= p->reduced[i];
        if (all > in->bytes) {
            return LINNET_ERR_PARAMS;
        }
        last += (uint64_t)(p->kept[i] - 1) * p->kept_strides[i];
        if (last >= in->bytes) {
            return LINNET_ERR_PARAMS;
        }
        last += (uint64_t)(p->reduced[i] - 1) * p->reduced_strides[i];
        if (last >= in->bytes) {
            return LINNET_ERR_PARAMS;
        }
    }
    return kept == out->bytes ? LINNET_OK : LINNET_ERR_OPERANDS;
}

// Of four bytes at a time, each plus 128 so that they are positive: the even ones' sums and the odd ones' in two halves of a
// word each, which 256 of them do not overflow.
#define LANES 0x00ff00ffu
#define FLIP 0x80808080u
#define MOST_ROWS 256

// n words, each `stride` bytes from the one before, added to sums (4).
static void add_words(const uint8_t *in, uint32_t n, uint32_t stride, uint32_t *sums) {
    while (n) {
        const uint32_t rows = n < MOST_ROWS ? n : MOST_ROWS;
        uint32_t even = 0, odd = 0;
        for (uint32_t i = 0; i < rows; i++, in += stride) {
            const uint32_t word = *(const uint32_t *)(const void *)in ^ FLIP;
            even += word & LANES;
            odd += word >> 8 & LANES;
        }
        sums[0] += even & 0xffff;
        sums[1] += odd & 0xffff;
        sums[2] += even >> 16;
        sums[3] += odd >> 16;
        n -= rows;
    }
}

static int32_t add_row(const int8_t *in, uint32_t n, uint32_t stride) {
    uint32_t words = 0;
    int32_t sum = 0;
    if (stride == 1) {
        for (; n && ((uintptr_t)in & 3); n--) {
            sum += *in++;
        }
        uint32_t sums[4] = { 0 };
        add_words((const uint8_t *)in, n / 4, 4, sums);
        words = sums[0] + sums[1] + sums[2] + sums[3] - 128 * (n & ~3u);
        in += n & ~3u;
        n &= 3;
    }
    for (; n; n--, in += stride) {
        sum = linnet_wrapping_add(sum, *in);
    }
    return linnet_wrapping_add(sum, (int32_t)words);
}

static int32_t extreme_row(const int8_t *in, uint32_t n, uint32_t stride, int is_maximum) {
    int32_t found = *in;
    for (; n; n--, in += stride) {
        found = (*in > found) == is_maximum ? *in : found;
    }
    return found;
}

static int8_t finish(const linnet_reduce_params_t *p, int32_t sum) {
    const uint32_t n = p->reduced[0] * p->reduced[1] * p->reduced[2];
    const int32_t zero_point = p->input_zero_point;
    const int32_t y = linnet_requant((int32_t)((uint32_t)sum - n * (uint32_t)zero_point), p->multiplier, p->shift);
    return (int8_t)linnet_clamp(linnet_wrapping_add(y, p->output_zero_point), -128, 127);
}

static int8_t one(const linnet_reduce_params_t *p, const int8_t *in) {
    const int is_maximum = p->mode == MAXIMUM;
    int32_t found = p->mode == SUM ? 0 : *in;
    for (uint32_t i = 0; i < p->reduced[0]; i++) {
        for (uint32_t j = 0; j < p->reduced[1]; j++) {
            const int8_t *row = in + i * p->reduced_strides[0] + j * p->reduced_strides[1];
            if (p->mode == SUM) {
                found = linnet_wrapping_add(found, add_row(row, p->reduced[2], p->reduced_strides[2]));
            } else {
                const int32_t y = extreme_row(row, p->reduced[2], p->reduced_strides[2], is_maximum);
                found = (y > found) == is_maximum ? y : found;
            }
        }
    }
    return p->mode == SUM ? finish(p, found) : (int8_t)found;
}

// Four sums whose inputs lie side by side in words.
static void four(const linnet_reduce_params_t *p, const int8_t *in, int8_t *out) {
    uint32_t sums[4] = { 0 };
    for (uint32_t i = 0; i < p->reduced[0]; i++) {
        for (uint32_t j = 0; j < p->reduced[1]; j++) {
            const int8_t *row = in + i * p->reduced_strides[0] + j * p->reduced_strides[1];
            add_words((const uint8_t *)row, p->reduced[2], p->reduced_strides[2], sums);
        }
    }
    const uint32_t n = p->reduced[0] * p->reduced[1] * p->reduced[2];
    for (int k = 0; k < 4; k++) {
        out[k] = finish(p, (int32_t)(sums[k] - 128 * n));
    }
}

static void run(const linnet_call_t *call) {
    const linnet_reduce_params_t *p = call->params;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    uint32_t strides = 0;
    for (int i = 0; i < N_AXES; i++) {
        strides |= p->reduced_strides[i] | (i < N_AXES - 1 ? p->kept_strides[i] : 0);
    }
    const int by_fours = p->mode == SUM && p->kept_strides[2] == 1 && ((strides | p->kept[2]) & 3) == 0;
    for (uint32_t i = 0; i < p->kept[0]; i++) {
        for (uint32_t j = 0; j < p->kept[1]; j++) {
            const int8_t *row = in + i * p->kept_strides[0] + j * p->kept_strides[1];
            for (uint32_t k = 0; k < p->kept[2]; k += by_fours ? 4 : 1, row += by_fours ? 4 : p->kept_strides[2]) {
                if (by_fours) {
                    four(p, row, out);
                    out += 4;
                } else {
                    *out++ = one(p, row);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_reduce_kernel = { 1, 1, sizeof(linnet_reduce_params_t), check, NULL, run };
