// DEPTHWISE_CONV_2D, 3x3 with stride 1, tuned for the DSP extension: two output rows at a time, block of channels by block.

#include <string.h>

#include "linnet_armv7em.h"

#if LINNET_HAS(ARMV7EM)

#define PAIR_BYTES 80                // of the stream, for two channels
#define FACTORS_AT (14 * 4)          // in a pair
#define COLUMN_BYTES 16              // of the scratch, for two channels
#define MIN_BLOCK_BYTES 1024         // of columns, unless the input is large: one eighth of it
#define EXACT_WEIGHTS 12             // 9 and padding

// Scratch: the four input rows at hand, copied so that outputs may overwrite them; then the columns of a block of channels,
// (channels / 2, out_w + 2, 4 words).
static uint32_t row_bytes(const linnet_window_t *w) {
    return (uint32_t)w->in_w * w->in_c;
}

static uint32_t pitch(const linnet_window_t *w) {
    return (w->out_w + 2u) * COLUMN_BYTES;
}

// Channels of a block, a multiple of 4; the last block may have fewer.
static uint32_t block_channels(const linnet_window_t *w) {
    const uint32_t eighth = (uint32_t)w->in_h * w->in_w * w->in_c / 8;
    const uint32_t limit = eighth > MIN_BLOCK_BYTES ? eighth : MIN_BLOCK_BYTES;
    const uint32_t most = limit / (2 * pitch(w)) > 0 ? limit / (2 * pitch(w)) : 1;  // groups of four
    const uint32_t groups = w->in_c / 4u;
    const uint32_t blocks = (groups + most - 1) / most;
    return (groups + blocks - 1) / blocks * 4;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->in_c != w->out_c || w->in_c % 4 != 0
        || w->kernel_h != 3 || w->kernel_w != 3 || w->stride_h != 1 || w->stride_w != 1 || w->dilation_h != 1
        || w->dilation_w != 1 || w->pad_left > w->out_w + 1u || (uint64_t)w->in_h * w->in_w * w->in_c > 1u << 28) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const uint32_t pairs_bytes = w->in_c / 2u * PAIR_BYTES;
    if (call->operator->data_bytes < sizeof(*head) || head->n_exact > w->in_c
        || call->operator->data_bytes
               != sizeof(*head) + pairs_bytes + head->n_exact * (sizeof(linnet_armv7em_exact_t) + EXACT_WEIGHTS)) {
        return LINNET_ERR_DATA;
    }
    const uint8_t *stream = call->data + sizeof(*head);
    return linnet_armv7em_factors_ok(stream + FACTORS_AT, w->in_c / 2u, PAIR_BYTES, 2)
                   && linnet_armv7em_exact_ok(call->data, stream + pairs_bytes, EXACT_WEIGHTS, w->in_c)
               ? LINNET_OK
               : LINNET_ERR_DATA;
}

static uint32_t scratch(const void *params) {
    const linnet_window_t *w = &((const linnet_window_params_t *)params)->window;
    return 4 * row_bytes(w) + block_channels(w) / 2 * pitch(w);
}

// An exact channel of the two rows at hand, from its columns: lanes 0 1 of words 0 and 2 are rows 0 1 and 2 3.
static void run_exact(const linnet_armv7em_exact_t *exact, const int16_t *columns, const linnet_window_params_t *params,
    int8_t *out, uint32_t n_rows) {
    const linnet_window_t *w = &params->window;
    for (uint32_t row = 0; row < n_rows; row++) {
        for (uint32_t x = 0; x < w->out_w; x++) {
            uint32_t acc = (uint32_t)exact->bias;
            for (uint32_t tap = 0; tap < 9; tap++) {
                const uint32_t y = row + tap / 3;
                acc += (uint32_t)(columns[(x + tap % 3) * 8 + y / 2 * 4 + y % 2] * exact->weights[tap]);
            }
            out[(row * w->out_w + x) * w->out_c] = linnet_armv7em_finish(exact, (int32_t)acc, &params->requant);
        }
    }
}

// Row `line` of the padded image.
static void copy_row(const linnet_window_params_t *params, const int8_t *image, uint32_t line, int8_t *target) {
    const linnet_window_t *w = &params->window;
    const int32_t y = (int32_t)line - w->pad_top;
    if (y < 0 || y >= w->in_h) {
        memset(target, params->requant.input_zero_point, row_bytes(w));
    } else {
        linnet_armv7em_columns_t copy = { target, image + (uint32_t)y * row_bytes(w), 1, row_bytes(w), 0, 0 };
        linnet_armv7em_columns(&copy);
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const linnet_requant_t *requant = &params->requant;
    const linnet_armv7em_head_t *head = (const void *)call->data;
    const int32_t *stream = (const void *)(head + 1);
    const linnet_armv7em_exact_t *exacts = (const void *)((const uint8_t *)stream + w->in_c / 2u * PAIR_BYTES);
    void (*const run_rows)(const int32_t *, const int32_t *, linnet_armv7em_rows_t *)
        = linnet_armv7em_is_relu(requant) ? linnet_armv7em_rows_relu : linnet_armv7em_rows;
    const uint32_t channels = w->in_c;
    const uint32_t block = block_channels(w);
    const uint32_t wanted = w->out_w + 2u - w->pad_left;
    const uint32_t width = wanted < w->in_w ? wanted : w->in_w;  // columns that the input has
    int8_t *const lines = (int8_t *)call->scratch;
    int32_t *const columns = (int32_t *)(void *)(call->scratch + 4 * row_bytes(w));
    int32_t *const inside = columns + w->pad_left * (COLUMN_BYTES / 4);
    // Columns of padding are made once: nothing else writes there.
    const uint16_t lane = (uint16_t)requant->input_zero_point;
    for (uint32_t i = 0; i < block / 2 * pitch(w) / 4; i++) {
        const uint32_t x = i / 4 % (w->out_w + 2u);
        if (x < w->pad_left || x >= w->pad_left + width) {
            columns[i] = (int32_t)(lane | (uint32_t)lane << 16);
        }
    }
    linnet_armv7em_build_t build = { { NULL }, pitch(w) - COLUMN_BYTES, channels, width * channels, inside, 0,
        2 * pitch(w) - width * COLUMN_BYTES };
    const int8_t *image = linnet_input(call, 0);
    int8_t *out = linnet_output(call, 0);
    const uint32_t out_row_bytes = w->out_w * channels;
    for (uint32_t b = 0; b < w->batches; b++, image += w->in_h * row_bytes(w)) {
        uint32_t n_lines = 0;  // rows copied, padding included
        for (uint32_t y = 0; y < w->out_h; y += 2, out += 2 * out_row_bytes) {
            const uint32_t n_rows = y + 1 < w->out_h ? 2 : 1;
            for (; n_lines < y + 4; n_lines++) {
                copy_row(params, image, n_lines, lines + n_lines % 4 * row_bytes(w));
            }
            for (uint32_t c = 0; c < channels; c += block) {
                const uint32_t n = channels - c < block ? channels - c : block;
                for (uint32_t i = 0; i < 4; i++) {
                    build.rows[i] = lines + (y + i) % 4 * row_bytes(w) + c;
                }
                build.n_groups = n / 4;
                linnet_armv7em_build(&build);
                // A last row on its own is written over its twin, which is written first.
                linnet_armv7em_rows_t rows = { out + c + out_row_bytes, out + c, channels, n_rows == 1 ? 0 : out_row_bytes,
                    n / 2, out_row_bytes - 2 };
                run_rows(stream + c / 2 * (PAIR_BYTES / 4), columns, &rows);
                const linnet_armv7em_exact_t *exact = exacts;
                for (uint32_t e = 0; e < head->n_exact; e++, exact = linnet_armv7em_next(exact, EXACT_WEIGHTS)) {
                    const uint32_t at = exact->channel - c;
                    if (exact->channel >= c && at < n) {
                        const int16_t *lanes = (const int16_t *)(const void *)columns + at / 2 * (pitch(w) / 2) + at % 2 * 2;
                        run_exact(exact, lanes, params, out + exact->channel, n_rows);
                    }
                }
            }
            if (linnet_armv7em_clamps(requant)) {
                linnet_armv7em_clamp(out, n_rows * out_row_bytes, requant);
            }
        }
        if (w->out_h % 2 != 0) {
            out -= out_row_bytes;
        }
    }
}

const linnet_kernel_t linnet_depthwise_rows_armv7em_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
