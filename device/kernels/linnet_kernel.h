// What a kernel is given, and what it must provide. Every operator NAME is one file, linnet_NAME.c, that defines
// one linnet_kernel_t, linnet_NAME_kernel, and has one row in linnet_operators.h. The base group's lie here, every other
// group's and every core's in a folder of its own.

#ifndef LINNET_KERNEL_H
#define LINNET_KERNEL_H

#include "../runtime/linnet.h"

typedef struct {
    const linnet_model_t *model;
    const linnet_operator_t *operator;
    const void *params;    // the operator's own struct, FORMAT.md section 5
    const uint8_t *data;   // (operator->data_bytes) its constants, at a multiple of 4
    uint8_t *arena;        // NULL while checking
    uint8_t *scratch;      // (operator->scratch_bytes) at a multiple of 4, NULL while checking
} linnet_call_t;

#define LINNET_ANY 255  // n_inputs of a kernel that takes any number of them, at least one

typedef struct {
    uint8_t n_inputs;
    uint8_t n_outputs;
    uint16_t params_bytes;
    // Once, at load: are the params sane, do they agree with the tensors and the data?
    linnet_status_t (*check)(const linnet_call_t *call);
    // Bytes of working memory, a function of the checked params alone; NULL where it wants none.
    uint32_t (*scratch)(const void *params);
    // Does the work. Everything it may touch has been checked. Inputs and outputs may overlap only as far as
    // the planner knows to be harmless (host/linnet/operators), but a hostile plan must not make it undefined.
    void (*run)(const linnet_call_t *call);
} linnet_kernel_t;

#define LINNET_GROUP_ABI 0x31474e4c  // "LNG1": grows with every change of what a kernel is given or provides

// The operators of one group, as a native module hands them to the base.
typedef struct linnet_group {
    uint32_t abi;
    uint16_t number;
    uint16_t n;
    const linnet_kernel_t *const *kernels;  // (n) of codes number * LINNET_GROUP_CODES ...; NULL where there is none
} linnet_group_t;

// What operator `op` of the model is called with, but for the arena and the scratch.
static inline linnet_call_t linnet_call(const linnet_model_t *model, const linnet_operator_t *op) {
    const uint32_t operands = (uint32_t)op->n_inputs + op->n_outputs;
    linnet_call_t call = { model, op, &op->tensors[(operands + 1) & ~1u], model->weights + op->data_offset, NULL, NULL };
    return call;
}

// The kernel of an operator code and variant, or NULL (linnet_operators.c). model: NULL, or whose groups are asked as well.
const linnet_kernel_t *linnet_kernel(const linnet_model_t *model, uint32_t code, uint32_t variant);

// What a kernel itself checks, and the scratch: the last of an operator's checks, once its data is in memory (linnet_open.c).
linnet_status_t linnet_check_contents(const linnet_model_t *model, const linnet_operator_t *op);

// The operands, and where they lie (linnet_operands.c): once in memory, not in every kernel.
const linnet_tensor_t *linnet_input_tensor(const linnet_call_t *call, uint32_t i);
const linnet_tensor_t *linnet_output_tensor(const linnet_call_t *call, uint32_t i);
const void *linnet_input(const linnet_call_t *call, uint32_t i);
void *linnet_output(const linnet_call_t *call, uint32_t i);

// Params shared by operators ------------------------------------------------------------------------------

// Everything that slides over height and width. Tensors are (batches, h, w, c).
typedef struct {
    uint16_t batches;
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint16_t kernel_h, kernel_w;
    uint16_t pad_top, pad_left;
    uint8_t stride_h, stride_w;
    uint8_t dilation_h, dilation_w;
    uint16_t reserved;
} linnet_window_t;

typedef struct {
    int16_t input_zero_point;
    int16_t output_zero_point;
    int16_t act_min, act_max;
} linnet_requant_t;

// The params of convolutions and pools.
typedef struct {
    linnet_window_t window;
    linnet_requant_t requant;
} linnet_window_params_t;

// Per output channel, as they lie in the data: bias (n) int32, multiplier (n) int32, shift (n) int8.
typedef struct {
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
} linnet_channels_t;

// Bytes of channels(n) in the data.
static inline uint64_t linnet_channels_bytes(uint64_t n) {
    return (9 * n + 15) & ~(uint64_t)15;
}

static inline linnet_channels_t linnet_channels(const uint8_t *data, uint32_t n) {
    linnet_channels_t channels;
    channels.bias = (const int32_t *)(const void *)data;
    channels.multiplier = channels.bias + n;
    channels.shift = (const int8_t *)(const void *)(channels.multiplier + n);
    return channels;
}

// Pieces that kernels share ---------------------------------------------------------------------------------

// Non-zero sizes and strides, reserved = 0 (linnet_check.c, as the next four).
int linnet_window_ok(const linnet_window_t *window);

// Zero points and clamp within int8, act_min <= act_max.
int linnet_requant_ok(const linnet_requant_t *requant);

// n multipliers >= 0 and shifts within -31 ... 30.
int linnet_channels_ok(const linnet_channels_t *channels, uint32_t n);

// The tensor is of this dtype and has this many elements.
int linnet_tensor_is(const linnet_tensor_t *tensor, linnet_dtype_t dtype, uint64_t elements);

// The int8 input and output of an operator with a window have its sizes.
int linnet_window_fits(const linnet_window_t *window, const linnet_call_t *call);

// The int8 operands and the sizes of a pool.
linnet_status_t linnet_pool_check(const linnet_call_t *call);

// Copies the window of output pixel (out_y, out_x) of one image (in_h, in_w, in_c) to patch (kernel_h, kernel_w, in_c);
// taps outside the image become `fill`.
void linnet_patch(const linnet_window_t *window, const int8_t *image, uint32_t out_y, uint32_t out_x, int8_t fill,
    int8_t *patch);

// The sum of output o, requantized, with the zero point, clamped (linnet_matvec.c, as the next).
int8_t linnet_finish(uint32_t acc, uint32_t o, const linnet_channels_t *channels, const linnet_requant_t *requant);

// y[o] = requantized bias[o] + sum over i of x[i] * weights[o][i]; x (n), weights (out_n, n), y (out_n).
void linnet_matvec(const int8_t *x, uint32_t n, const int8_t *weights, const linnet_channels_t *channels,
    const linnet_requant_t *requant, uint32_t out_n, int8_t *y);

#endif
