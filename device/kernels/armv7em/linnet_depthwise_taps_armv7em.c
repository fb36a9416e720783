// DEPTHWISE_CONV_2D with any window, tuned for the DSP extension: pixel by pixel, four channels at a time.

#include <string.h>

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

static uint32_t n_taps(const linnet_window_t *w) {
    return (uint32_t)w->kernel_h * w->kernel_w;
}

// Taps come in pairs; an odd one out is followed by one of weight 0.
static uint32_t n_pairs(const linnet_window_t *w) {
    return (n_taps(w) + 1) / 2;
}

static uint32_t group_bytes(const linnet_window_t *w) {
    return 16 + 16 * n_pairs(w) + 4 * (uint32_t)sizeof(linnet_armv7em_factor_t);
}

static uint32_t exact_weights(const linnet_window_t *w) {
    return (n_taps(w) + 3) & ~3u;
}

static uint32_t scratch(const void *params);

// Scratch holds offsets: a tensor in the same place would send the kernel anywhere.
static int is_apart(const linnet_call_t *call, const linnet_tensor_t *tensor) {
    const uint64_t begin = call->operator->scratch_offset;
    return tensor->place != LINNET_IN_ARENA || tensor->offset >= begin + scratch(call->params)
           || (uint64_t)tensor->offset + tensor->bytes <= begin;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c || w->in_c % 4 != 0
        || (uint32_t)w->kernel_h * w->kernel_w > 1u << 10) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const uint64_t groups_bytes = (uint64_t)(w->in_c / 4u) * group_bytes(w);
    const uint64_t exact_bytes = sizeof(linnet_armv7em_exact_t) + exact_weights(w);
    if (call->operator->data_bytes < sizeof(*head) || head->n_exact > w->in_c
        || call->operator->data_bytes != sizeof(*head) + groups_bytes + head->n_exact * exact_bytes) {
        return LINNET_ERR_DATA;
    }
    if (!is_apart(call, linnet_input_tensor(call, 0)) || !is_apart(call, linnet_output_tensor(call, 0))) {
        return LINNET_ERR_SCRATCH;
    }
    const uint8_t *stream = call->data + sizeof(*head);
    return linnet_armv7em_factors_ok(stream + 16 + 16 * n_pairs(w), w->in_c / 4u, group_bytes(w), 4)
                   && linnet_armv7em_exact_ok(call->data, stream + groups_bytes, exact_weights(w), w->in_c)
               ? LINNET_OK
               : LINNET_ERR_DATA;
}

// Two tables of where the taps are, in the input and in a copied window; and that window.
static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    return 2 * 2 * n_pairs(w) * (uint32_t)sizeof(uint32_t) + n_taps(w) * w->in_c;
}

static int is_inside(const linnet_window_t *w, uint32_t y, uint32_t x) {
    const int32_t top = (int32_t)(y * w->stride_h) - w->pad_top;
    const int32_t left = (int32_t)(x * w->stride_w) - w->pad_left;
    return top >= 0 && left >= 0 && top + (w->kernel_h - 1) * w->dilation_h < w->in_h
           && left + (w->kernel_w - 1) * w->dilation_w < w->in_w;
}

static void fill_offsets(const linnet_window_t *w, uint32_t row, uint32_t column, uint32_t *offsets) {
    offsets[2 * n_pairs(w) - 1] = 0;
    for (uint32_t ky = 0; ky < w->kernel_h; ky++) {
        for (uint32_t kx = 0; kx < w->kernel_w; kx++) {
            *offsets++ = ky * row + kx * column;
        }
    }
}

static void run_exact(const linnet_armv7em_exact_t *exact, const linnet_armv7em_taps_t *t, uint32_t taps,
    const linnet_requant_t *requant) {
    uint32_t acc = (uint32_t)exact->bias;
    for (uint32_t i = 0; i < taps; i++) {
        acc += (uint32_t)(t->window[t->offsets[i] + exact->channel] * exact->weights[i]);
    }
    t->out[exact->channel] = linnet_armv7em_finish(exact, (int32_t)acc, requant);
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_requant_t *requant = &params->requant;
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const linnet_armv7em_exact_t *exacts
        = (const void *)((const uint8_t *)stream + (size_t)(w->in_c / 4u) * group_bytes(w));
    void (*const run_taps)(const int32_t *, const linnet_armv7em_taps_t *)
        = linnet_armv7em_is_relu(requant) ? linnet_armv7em_taps_relu : linnet_armv7em_taps;
    const uint32_t row_bytes = (uint32_t)w->in_w * w->in_c;
    uint32_t *const in_input = (uint32_t *)(void *)call->scratch;
    uint32_t *const in_patch = in_input + 2 * n_pairs(w);
    int8_t *const patch = (int8_t *)(in_patch + 2 * n_pairs(w));
    fill_offsets(w, w->dilation_h * row_bytes, (uint32_t)w->dilation_w * w->in_c, in_input);
    fill_offsets(w, (uint32_t)w->kernel_w * w->in_c, w->in_c, in_patch);
    const int8_t *image = linnet_input(call, 0);
    const uint32_t skip = (5 - n_pairs(w) % 5) % 5 * LINNET_ARMV7EM_TAPS_BYTES;
    linnet_armv7em_taps_t t = { NULL, NULL, linnet_output(call, 0), skip, NULL, NULL };
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row_bytes) {
        for (uint32_t y = 0; y < w->out_h; y++) {
            for (uint32_t x = 0; x < w->out_w; x++, t.out += w->in_c) {
                // Windows at the border are copied with their padding; all others are read where they lie.
                if (is_inside(w, y, x)) {
                    t.window = image + (y * w->stride_h - w->pad_top) * row_bytes + (x * w->stride_w - w->pad_left) * w->in_c;
                    t.offsets = in_input;
                } else {
                    linnet_patch(w, image, y, x, (int8_t)requant->input_zero_point, patch);
                    t.window = patch;
                    t.offsets = in_patch;
                }
                t.end = t.window + w->in_c;
                t.offsets_end = t.offsets + 2 * n_pairs(w);
                run_taps(stream, &t);
                const linnet_armv7em_exact_t *exact = exacts;
                for (uint32_t e = 0; e < head->n_exact; e++, exact = linnet_armv7em_next(exact, exact_weights(w))) {
                    run_exact(exact, &t, n_taps(w), requant);
                }
                if (linnet_armv7em_clamps(requant)) {
                    linnet_armv7em_clamp(t.out, w->in_c, requant);
                }
            }
        }
    }
}

const linnet_kernel_t linnet_depthwise_taps_armv7em_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
