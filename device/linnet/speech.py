"""Sound into a keyword model's input: MFCCs of 30 ms every 20 ms, as MLPerf Tiny's keyword spotting was trained on (TensorFlow's
tf.signal, benchmark/training/keyword_spotting of mlcommons/tiny). Spectra are native and integer; mel, logarithm and cosine
transform of a frame are some 1,500 operations of Python.

    ears = Mfcc()
    audio.start_streaming(ears.feed)      # OpenMV; elsewhere feed what I2S gives
    model.predict([ears.features()])
"""

from array import array
from math import cos, log, pi, sin, sqrt

try:
    import _linnet_audio
except ImportError:
    raise ImportError("_linnet_audio.mpy is not installed: deploy the model again with linnet deploy")

_FLOOR = 0.03  # of a band's magnitude: 1e-6 of the loudest sample there is


class Mfcc:
    """The last `rows` frames of 16-bit sound, `coefficients` numbers each.

    All of them are normalized to the loudest sample among them, as in training. heard: frames since the start.
    """

    def __init__(self, rows=49, coefficients=10, rate_hz=16000, window=480, stride=320, bands=40, low_hz=20.0, high_hz=4000.0):
        n_points = 4
        while n_points < window:
            n_points *= 2
        self._stride = stride
        self._frame, self._used = bytearray(2 * window), 0
        self._window = _rounded([0.5 - 0.5 * cos(2 * pi * i / window) for i in range(window)])
        angles = [2 * pi * k / n_points for k in range(n_points // 2)]
        self._turns = _rounded([f(-a) for a in angles for f in (cos, sin)])
        self._work, self._magnitudes = array("i", bytes(8 * n_points)), array("I", bytes(2 * n_points + 4))
        self._set_bands(bands, rate_hz / n_points, low_hz, high_hz)
        self._cosines = array("f", [
            2 / sqrt(2 * bands) * cos(pi * k * (2 * n + 1) / (2 * bands)) for k in range(coefficients) for n in range(bands)
        ])  # fmt: skip
        self._loudness = 2 * bands / sqrt(2 * bands)  # how much of coefficient 0 a factor e of the volume is
        self._bands, self._mel = bands, array("f", bytes(4 * bands))
        self._n_rows, self._n = rows, coefficients
        silence = self._loudness * log(_FLOOR)
        self._rows = array("f", [0.0 if i % coefficients else silence for i in range(rows * coefficients)])
        self._peaks = array("i", bytes(4 * rows))
        self._features = array("f", bytes(4 * rows * coefficients))
        self._at = 0
        self.heard = 0

    def feed(self, pcm):
        """Takes samples: any buffer of int16, of any length."""
        start = 0
        while True:
            n = _linnet_audio.push(self._frame, self._used, pcm, start)
            self._used += n
            start += n
            if self._used < len(self._frame):
                return
            self._add_row()
            self._used = len(self._frame) - 2 * self._stride
            self._frame[: self._used] = self._frame[2 * self._stride :]

    def features(self):
        """array("f") of rows * coefficients, the oldest first: real numbers for predict. It is this object's, used again."""
        peak = max(1, max(self._peaks))
        down = self._loudness * log(peak)
        n, out = self._n, self._features
        for i in range(self._n_rows):
            row = (self._at + i) % self._n_rows
            for k in range(n):
                out[i * n + k] = self._rows[row * n + k]
            out[i * n] -= down
        return out

    def _add_row(self):
        peak = _linnet_audio.spectrum(self._frame, self._window, self._turns, self._work, self._magnitudes)
        mel, n_bands, magnitudes, first = self._mel, self._bands, self._magnitudes, self._first
        for i in range(n_bands):
            mel[i] = _FLOOR
        i = 0
        for band in self._band:
            magnitude = magnitudes[first + i]
            rising = self._rising[i] * magnitude
            if band < n_bands:
                mel[band] += rising
            if band:
                mel[band - 1] += magnitude - rising
            i += 1
        for i in range(n_bands):
            mel[i] = log(mel[i])
        rows, cosines, at = self._rows, self._cosines, 0
        for row in range(self._at * self._n, (self._at + 1) * self._n):
            total = 0.0
            for value in mel:
                total += cosines[at] * value
                at += 1
            rows[row] = total
        self._peaks[self._at] = peak
        self._at = (self._at + 1) % self._n_rows
        self.heard += 1

    def _set_bands(self, bands, step_hz, low_hz, high_hz):
        """Each frequency between two edges belongs to the band that rises there, by so much, and to the one before for the rest."""
        low, high = _mel(low_hz), _mel(high_hz)
        width = (high - low) / (bands + 1)
        self._first = int(low_hz / step_hz) + 1
        places = []
        i = self._first
        while i * step_hz < high_hz:
            places.append((_mel(i * step_hz) - low) / width)
            i += 1
        self._band = array("B", [int(place) for place in places])
        self._rising = array("f", [place - int(place) for place in places])


def _mel(hz):
    return 1127.0 * log(1.0 + hz / 700.0)


def _rounded(values):
    """array("h") of numbers from -1.0 to 1.0, in 1/16384."""
    return array("h", [round(16384 * value) for value in values])
