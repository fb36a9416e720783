// Checks that several operators share.

#include "linnet_kernel.h"

static int within(int32_t x, int32_t low, int32_t high) {
    return x >= low && x <= high;
}

int linnet_window_ok(const linnet_window_t *w) {
    return w->batches && w->in_h && w->in_w && w->in_c && w->out_h && w->out_w && w->out_c && w->kernel_h && w->kernel_w
           && w->stride_h && w->stride_w && w->dilation_h && w->dilation_w && w->reserved == 0;
}

int linnet_requant_ok(const linnet_requant_t *r) {
    return within(r->input_zero_point, -128, 127) && within(r->output_zero_point, -128, 127)
           && within(r->act_min, -128, 127) && within(r->act_max, r->act_min, 127);
}

int linnet_channels_ok(const linnet_channels_t *channels, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (channels->multiplier[i] < 0 || !within(channels->shift[i], -31, 30)) {
            return 0;
        }
    }
    return 1;
}

int linnet_tensor_is(const linnet_tensor_t *tensor, linnet_dtype_t dtype, uint64_t elements) {
    // Compared first: times the size of one, the number might wrap.
    return tensor->dtype == dtype && elements <= tensor->bytes && tensor->bytes == elements * linnet_dtype_bytes(dtype);
}

int linnet_window_fits(const linnet_window_t *w, const linnet_call_t *call) {
    uint64_t in = (uint64_t)w->batches * w->in_h * w->in_w * w->in_c;
    uint64_t out = (uint64_t)w->batches * w->out_h * w->out_w * w->out_c;
    return linnet_tensor_is(linnet_input_tensor(call, 0), LINNET_INT8, in)
           && linnet_tensor_is(linnet_output_tensor(call, 0), LINNET_INT8, out);
}

linnet_status_t linnet_pool_check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    // Every window holds at least one tap of the input: averages divide by their number.
    uint32_t last_y = (uint32_t)(w->out_h - 1) * w->stride_h;
    uint32_t last_x = (uint32_t)(w->out_w - 1) * w->stride_w;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c || w->dilation_h != 1
        || w->dilation_w != 1 || w->pad_top >= w->kernel_h || w->pad_left >= w->kernel_w
        || last_y >= (uint32_t)w->in_h + w->pad_top || last_x >= (uint32_t)w->in_w + w->pad_left) {
        return LINNET_ERR_PARAMS;
    }
    return linnet_window_fits(w, call) ? LINNET_OK : LINNET_ERR_OPERANDS;
}
