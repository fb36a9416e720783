// Spectra of sound, integers only, for a model's input. Not an operator: the binding calls it (binding/mod_audio.c), the host's
// tests through ctypes. Python: device/linnet/speech.py.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { LINNET_AUDIO_MAX_POINTS = 4096 };

// The magnitudes of the first n_points / 2 + 1 frequencies of n samples, windowed, zeros behind them up to n_points, a power of
// two from 4 on. window: n, in 1/16384. turns: n_points / 2 pairs of cosine and sine of -2 pi k / n_points, in 1/16384.
// work: 2 * n_points. Magnitudes are exact to a few units: nothing is scaled down on the way. Returns the largest sample.
int32_t linnet_audio_spectrum(const int16_t *samples, const int16_t *window, size_t n, const int16_t *turns, size_t n_points,
    int32_t *work, uint32_t *magnitudes);
