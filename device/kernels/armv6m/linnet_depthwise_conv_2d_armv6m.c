// DEPTHWISE_CONV_2D 3x3 for armv6m: bands of rows, channel by channel. Of each channel's part of a band a plane is made
// whose words hold the inputs of two output rows, so that one multiplication serves both.

#include "../linnet_core.h"

#if LINNET_HAS(ARMV6M)

#include "linnet_armv6m.h"

#if LINNET_IS(ARMV6M)
#pragma GCC optimize("Os")  // the loops that matter are in assembly
#endif

// A plane as high as the output is made where it takes no more than this. Then each channel is read whole before any of
// it is written, and the output may take the input's place. Elsewhere bands are four rows high.
#define MAX_WHOLE_BYTES 3072u
#define BAND_ROWS 4u

// Keeps planes within 32 bits.
#define MAX_SIZE 8192u

enum {
    FAST = 0,   // as linnet_armv6m_band has it
    EXACT = 1,  // any weights and any scale
};

// One per channel.
typedef struct {
    int32_t start;               // of the sums
    union {
        linnet_armv6m_scale_t scale;
        linnet_armv6m_exact_scale_t exact;
    } as;
    int8_t weights[9];           // (columns, rows)
    uint8_t kind;
    uint8_t reserved[2];
} channel_t;

// The plane of a band.
typedef struct {
    uint32_t rows;          // of output, even
    uint32_t columns;
    uint32_t column_words;  // the first pair of rows takes three, each further one 2 * stride
} plane_t;

static plane_t plane_of(const linnet_window_t *w) {
    const uint32_t s = w->stride_h;
    plane_t plane = { (w->out_h + 1u) & ~1u, (w->out_w - 1u) * s + 3, 0 };
    if (plane.columns * (s * (plane.rows - 2) + 3) * 4 > MAX_WHOLE_BYTES && plane.rows > BAND_ROWS) {
        plane.rows = BAND_ROWS;
    }
    plane.column_words = s * (plane.rows - 2) + 3;
    return plane;
}

static linnet_status_t check(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    if (!linnet_window_ok(w) || !linnet_requant_ok(&params->requant) || w->out_c != w->in_c || w->kernel_h != 3
        || w->kernel_w != 3 || w->pad_top > 1 || w->pad_left > 1 || w->stride_h != w->stride_w || w->stride_h > 2
        || w->dilation_h != 1 || w->dilation_w != 1 || w->out_h > MAX_SIZE || w->out_w > MAX_SIZE
        || (w->out_h - 1u) * w->stride_h >= w->in_h + w->pad_top || (w->out_w - 1u) * w->stride_w > w->in_w) {
        return LINNET_ERR_PARAMS;
    }
    if (!linnet_window_fits(w, call)) {
        return LINNET_ERR_OPERANDS;
    }
    if (call->operator->data_bytes != w->out_c * sizeof(channel_t)) {
        return LINNET_ERR_DATA;
    }
    const channel_t *channel = (const channel_t *)(const void *)call->data;
    for (uint32_t c = 0; c < w->out_c; c++, channel++) {
        if (channel->kind > EXACT || (channel->kind == EXACT && !linnet_armv6m_exact_ok(&channel->as.exact))) {
            return LINNET_ERR_DATA;
        }
    }
    return LINNET_OK;
}

static uint32_t scratch(const void *params) {
    const plane_t plane = plane_of(&((const linnet_window_params_t *)params)->window);
    return plane.columns * plane.column_words * 4;
}

// One channel's plane for the band whose windows begin in row `top` of the image; all it does not write pairs zero points.
static void make_plane(const linnet_window_t *w, const plane_t *plane, const int8_t *image, int32_t top, int32_t zero,
    int32_t *words) {
    const uint32_t s = w->stride_h;
    const uint32_t row_bytes = (uint32_t)w->in_w * w->in_c;
    const uint32_t columns = plane->columns - w->pad_left;
    linnet_armv6m_rows_t rows = {
        .row_bytes = s * row_bytes,
        .word_bytes = 4 * s,
        .column_bytes = 4 * plane->column_words,
        .channels = w->in_c,
        .zero = zero,
        .n_columns = columns < w->in_w ? columns : w->in_w,
    };
    words += w->pad_left * plane->column_words;
    // With stride 2 even and odd rows pair among themselves, as rows of outputs are two of the input apart.
    for (uint32_t phase = 0; phase < s; phase++) {
        const int32_t first = top + (int32_t)phase;
        rows.is_above = first < 0;
        const uint32_t row = (uint32_t)first + s * rows.is_above;
        // Inputs of the image in a column of this phase, and words that end in one of them if there is room.
        const uint32_t inputs = row < w->in_h ? (w->in_h - row + s - 1) >> (s - 1) : 0;
        const uint32_t n_words = (plane->column_words - phase + s - 1) >> (s - 1);
        const uint32_t n = inputs + rows.is_above - 1;
        if (inputs + rows.is_above == 0) {
            break;
        }
        rows.n = n < n_words ? n : n_words;
        rows.is_below = n < n_words;
        rows.in = image + row * row_bytes;
        rows.words = words + phase;
        linnet_armv6m_pair_rows(&rows);
    }
}

// The band in plain C, for channels whose scale or weights no fast way fits.
static void exact_band(const linnet_armv6m_band_t *band, const channel_t *channel, const linnet_requant_t *requant) {
    const uint8_t *first = (const uint8_t *)band->plane;
    int8_t *row = band->out;
    for (uint32_t pair = 0; pair < band->n_pairs; pair++, first += band->pair_bytes, row += 2 * band->row_bytes) {
        const uint8_t *plane = first;
        const uint32_t second = pair + 1 < band->n_pairs ? band->row_bytes : band->last_row_bytes;
        for (uint32_t at = 0; at < band->row_bytes; at += band->channels, plane += band->step_columns * band->column_bytes) {
            uint32_t sum = (uint32_t)channel->start, second_sum = sum;
            const int8_t *weight = channel->weights, *const end = weight + 9;
            const uint8_t *column = plane;
            for (; weight < end; column += band->column_bytes) {
                const int32_t *word = (const int32_t *)(const void *)column;
                for (int i = 3; i > 0; i--, word++, weight++) {
                    const int32_t low = (int16_t)*word;
                    sum += (uint32_t)(low * *weight);
                    second_sum += (uint32_t)(((*word - low) >> 16) * *weight);
                }
            }
            row[at + second] = linnet_armv6m_exact((int32_t)second_sum, &channel->as.exact, requant);
            row[at] = linnet_armv6m_exact((int32_t)sum, &channel->as.exact, requant);
        }
    }
}

static void run(const linnet_call_t *call) {
    const linnet_window_params_t *params = call->params;
    const linnet_window_t *w = &params->window;
    const plane_t plane = plane_of(w);
    const int32_t zero = params->requant.input_zero_point;
    const int8_t *image = linnet_input(call, 0);  // (in_h, in_w, c)
    int8_t *out = linnet_output(call, 0);         // (c) of the band's first pixel
    int32_t *words = (int32_t *)(void *)call->scratch;
    int32_t block[15];
    linnet_armv6m_band_t band = {
        .plane = words,
        .block = block,
        .column_bytes = plane.column_words * 4,
        .step_columns = w->stride_w,
        .pair_bytes = 8u * w->stride_h,
        .channels = w->out_c,
        .row_bytes = (uint32_t)w->out_w * w->out_c,
    };
    for (uint32_t b = 0; b < w->batches; b++, image += (uint32_t)w->in_h * w->in_w * w->in_c) {
        for (uint32_t y = 0; y < w->out_h; y += plane.rows) {
            const uint32_t rows = w->out_h - y < plane.rows ? w->out_h - y : plane.rows;
            band.n_pairs = (rows + 1) / 2;
            band.last_row_bytes = rows % 2 ? 0 : band.row_bytes;
            // What lies outside the input is the same for all channels.
            for (uint32_t i = 0; i < plane.columns * plane.column_words; i++) {
                words[i] = (int32_t)((uint32_t)zero * 65537u);
            }
            const channel_t *channel = (const channel_t *)(const void *)call->data;
            for (uint32_t c = 0; c < w->out_c; c++, channel++) {
                make_plane(w, &plane, image + c, (int32_t)(y * w->stride_h) - w->pad_top, zero, words);
                band.out = out + c;
                if (channel->kind == EXACT) {
                    exact_band(&band, channel, &params->requant);
                    continue;
                }
                for (int i = 0; i < 9; i++) {
                    block[i] = channel->weights[i];
                }
                block[9] = channel->start;
                block[10] = (int32_t)((uint32_t)channel->start * 65537u);
                block[11] = (int32_t)channel->as.scale.range;
                block[12] = (int32_t)channel->as.scale.offset;
                block[13] = (int32_t)channel->as.scale.fine;
                block[14] = (int32_t)channel->as.scale.coarse;
                linnet_armv6m_band(&band);
            }
            out += rows * band.row_bytes;
        }
    }
}

const linnet_kernel_t linnet_depthwise_conv_2d_armv6m_kernel = { 1, 1, sizeof(linnet_window_params_t), check, scratch, run };

#endif
