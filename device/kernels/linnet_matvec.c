// The inner loop of convolutions and of dense layers.

#include "linnet_kernel.h"
#include "linnet_requant.h"

int8_t linnet_finish(uint32_t acc, uint32_t o, const linnet_channels_t *channels, const linnet_requant_t *requant) {
    int32_t y = linnet_requant((int32_t)acc, channels->multiplier[o], channels->shift[o]);
    return (int8_t)linnet_clamp(linnet_wrapping_add(y, requant->output_zero_point), requant->act_min, requant->act_max);
}

void linnet_matvec(const int8_t *x, uint32_t n, const int8_t *weights, const linnet_channels_t *channels,
    const linnet_requant_t *requant, uint32_t out_n, int8_t *y) {
    uint32_t o = 0;
    // Two outputs at a time share each load of x; more would not fit the eight low registers of a Cortex-M0+.
    for (; o + 1 < out_n; o += 2, weights += 2 * n) {
        const int8_t *w0 = weights;
        const int8_t *w1 = weights + n;
        uint32_t acc0 = (uint32_t)channels->bias[o];
        uint32_t acc1 = (uint32_t)channels->bias[o + 1];
        for (uint32_t i = 0; i < n; i++) {
            int32_t xi = x[i];
            acc0 += (uint32_t)(xi * w0[i]);
            acc1 += (uint32_t)(xi * w1[i]);
        }
        y[o] = linnet_finish(acc0, o, channels, requant);
        y[o + 1] = linnet_finish(acc1, o + 1, channels, requant);
    }
    if (o < out_n) {
        uint32_t acc = (uint32_t)channels->bias[o];
        for (uint32_t i = 0; i < n; i++) {
            acc += (uint32_t)(x[i] * weights[i]);
        }
        y[o] = linnet_finish(acc, o, channels, requant);
    }
}
