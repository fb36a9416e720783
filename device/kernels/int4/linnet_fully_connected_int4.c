// FULLY_CONNECTED_INT4: int8 rows of in_n -> (rows, out_n), weights of four bits. Dense layers, and convolutions with a window of
// 1x1. TFLite Micro unpacks such weights to int8 and goes on as with those: the results are the same.

#include "../linnet_kernel.h"

typedef struct {
    uint32_t rows[3], step[3];  // how many, and how many bytes of the input from one to the next; the last the fastest
    uint32_t in_n, out_n;
    linnet_requant_t requant;
} linnet_fully_connected_int4_params_t;

#define CHUNK 16  // inputs whose products with weights of 0 ... 15 stay within a lane of 16 bits
#define LANES 0x000f000fu

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_fully_connected_int4_params_t *params = call->params;
    const uint32_t limit = 1u << 24;
    if (!params->in_n || !params->out_n || params->in_n > limit || params->out_n > limit || !linnet_requant_ok(&params->requant)) {
        return LINNET_ERR_PARAMS;
    }
    uint64_t in_bytes = params->in_n, out_bytes = params->out_n;
    for (uint32_t i = 0; i < 3; i++) {
        if (!params->rows[i] || params->rows[i] > limit) {
            return LINNET_ERR_PARAMS;
        }
        in_bytes += (uint64_t)(params->rows[i] - 1) * params->step[i];
        out_bytes *= params->rows[i];
        if (out_bytes > UINT32_MAX) {
            return LINNET_ERR_OPERANDS;
        }
    }
    const linnet_tensor_t *input = linnet_input_tensor(call, 0);
    if (input->dtype != LINNET_INT8 || in_bytes > input->bytes
        || !linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, out_bytes)) {
        return LINNET_ERR_OPERANDS;
    }
    const uint64_t weights_bytes = ((uint64_t)params->in_n + 1) / 2 * ((params->out_n + 3) / 4) * 4;
    if (call->operator->data_bytes != linnet_channels_bytes(params->out_n) + weights_bytes) {
        return LINNET_ERR_DATA;
    }
    const linnet_channels_t channels = linnet_channels(call->data, params->out_n);
    return linnet_channels_ok(&channels, params->out_n) ? LINNET_OK : LINNET_ERR_DATA;
}

static inline uint32_t widened(int32_t x) {
    return (uint32_t)x;
}

// Adds to sums (4) the products of x (n) and four outputs' weights, each + 8. Two inputs go with a word of weights, and a
// multiplication makes two products, one in either half of a word.
__attribute__((noinline)) static void add_products(const int8_t *x, uint32_t n, const uint32_t *words, uint32_t *sums) {
    uint32_t a = 0, b = 0;  // outputs 0 and 1, 2 and 3
    uint32_t lanes = LANES;
    __asm__("" : "+r"(lanes));  // in a register it is masked with in the instruction that shifts
    for (; n >= 2; n -= 2, x += 2) {
        const uint32_t word = *words++;
        uint32_t xi = widened(x[0]);
        a += (word & lanes) * xi;
        b += (word >> 4 & lanes) * xi;
        __asm__("" : "+r"(a), "+r"(b));  // not to be put off: it is one instruction to multiply and add
        xi = widened(x[1]);
        a += (word >> 8 & lanes) * xi;
        b += (word >> 12 & lanes) * xi;
    }
    if (n > 0) {
        const uint32_t xi = widened(*x);
        a += (*words & lanes) * xi;
        b += (*words >> 4 & lanes) * xi;
    }
    sums[0] += widened((int16_t)a);
    sums[1] += widened((int32_t)(a + 0x8000u) >> 16);  // a negative lower half has taken one from the upper
    sums[2] += widened((int16_t)b);
    sums[3] += widened((int32_t)(b + 0x8000u) >> 16);
}

static void run_row(const linnet_fully_connected_int4_params_t *params, const uint8_t *data, const int8_t *x, int8_t *y) {
    const linnet_channels_t channels = linnet_channels(data, params->out_n);
    const uint32_t *weights = (const uint32_t *)(const void *)(data + linnet_channels_bytes(params->out_n));
    const uint32_t n = params->in_n;
    uint32_t excess = 0;  // what the 8 that every weight has too much makes of the row
    for (uint32_t i = 0; i < n; i++) {
        excess += widened(x[i]);
    }
    excess *= 8;
    for (uint32_t o = 0; o < params->out_n; o += 4, weights += (n + 1) / 2) {
        uint32_t sums[4] = { 0, 0, 0, 0 };
        for (uint32_t i = 0; i < n; i += CHUNK) {
            add_products(x + i, n - i < CHUNK ? n - i : CHUNK, weights + i / 2, sums);
        }
        for (uint32_t i = 0; i < 4 && o + i < params->out_n; i++) {
            y[o + i] = linnet_finish((uint32_t)channels.bias[o + i] + sums[i] - excess, o + i, &channels, &params->requant);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_fully_connected_int4_params_t *params = call->params;
    const int8_t *in = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    for (uint32_t i = 0; i < params->rows[0]; i++) {
        for (uint32_t j = 0; j < params->rows[1]; j++) {
            const int8_t *x = in + i * params->step[0] + j * params->step[1];
            for (uint32_t k = 0; k < params->rows[2]; k++, x += params->step[2], out += params->out_n) {
                run_row(params, call->data, x, out);
            }
        }
    }
}

const linnet_kernel_t linnet_fully_connected_int4_kernel = { 1, 1, sizeof(linnet_fully_connected_int4_params_t), check, NULL, run };
