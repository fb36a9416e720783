// Spectra of sound: linnet_audio.h. A decimation in time of radix 2; 16 bits grow to 28 at most, so that 32 hold everything.

#include "linnet_audio.h"

// round(a * b / 16384)
static inline int32_t times(int32_t a, int16_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 13)) >> 14);
}

static uint32_t square_root(uint64_t x) {
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 58; bit != 0; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root;
}

// Windowed samples to where a decimation in time wants them: at their index with its bits reversed.
static int32_t lay_out(const int16_t *samples, const int16_t *window, size_t n, size_t n_points, int32_t *work) {
    int32_t largest = n > 0 ? samples[0] : 0;
    for (size_t i = 0, reversed = 0; i < n_points; i++) {
        work[2 * reversed] = i < n ? times(samples[i], window[i]) : 0;
        work[2 * reversed + 1] = 0;
        largest = i < n && samples[i] > largest ? samples[i] : largest;
        size_t bit = n_points >> 1;
        for (; reversed & bit; bit >>= 1) {
            reversed ^= bit;
        }
        reversed |= bit;
    }
    return largest;
}

int32_t linnet_audio_spectrum(const int16_t *samples, const int16_t *window, size_t n, const int16_t *turns, size_t n_points,
    int32_t *work, uint32_t *magnitudes) {
    const int32_t largest = lay_out(samples, window, n, n_points, work);
    for (size_t half = 1; half < n_points; half *= 2) {
        const size_t step = n_points / (2 * half);
        for (size_t start = 0; start < n_points; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                int32_t *a = work + 2 * (start + k), *b = a + 2 * half;
                const int16_t c = turns[2 * k * step], s = turns[2 * k * step + 1];
                const int32_t re = times(b[0], c) - times(b[1], s), im = times(b[0], s) + times(b[1], c);
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
        }
    }
    for (size_t i = 0; i <= n_points / 2; i++) {
        const int64_t re = work[2 * i], im = work[2 * i + 1];
        magnitudes[i] = square_root((uint64_t)(re * re) + (uint64_t)(im * im));
    }
    return largest;
}
