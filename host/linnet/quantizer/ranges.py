"""The range that an activation's int8 values are to cover, from a histogram of what it was on the calibration set."""

import numpy as np

from linnet.graph import Quantization

N_BINS = 2048
LEVELS = 256
INT16_MAX = 32767
METHODS = ("minmax", "percentile", "mse", "entropy")
PERCENTILE = 99.99
SHRINKS = np.linspace(1.0, 0.3, 57)  # of the whole range: what mse and entropy try
EPSILON = 1e-8


class Observer:
    """What the tensors of one group were: first their range (see), then their histogram (count)."""

    def __init__(self):
        self.low, self.high = 0.0, 0.0  # zero is always in the range: padding must be exact
        self.counts = np.zeros(N_BINS)

    def see(self, values):
        """values: float32 array of any shape."""
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def count(self, values):
        """Adds an array to the histogram; all of them have been seen before."""
        if self.high > self.low:
            self.counts += np.histogram(values, N_BINS, (self.low, self.high))[0]

    def range(self, method):
        """(low, high) by one of METHODS, zero included."""
        if self.high == self.low or method == "minmax":
            return self.low, self.high
        return {"percentile": self._percentile, "mse": self._mse, "entropy": self._entropy}[method]()

    @property
    def _centers(self):
        edges = np.linspace(self.low, self.high, N_BINS + 1)
        return (edges[1:] + edges[:-1]) / 2

    def _percentile(self):
        below = np.cumsum(self.counts) / self.counts.sum()
        tail = (100 - PERCENTILE) / 100
        width = (self.high - self.low) / N_BINS
        low = self.low + width * np.searchsorted(below, tail)
        high = self.low + width * (np.searchsorted(below, 1 - tail) + 1)
        return min(low, 0.0), min(max(high, 0.0), self.high)

    def _mse(self):
        """The least expected squared error of rounding and clipping."""

        def error(low, high):
            scale, zero_point = affine(low, high)
            x = self._centers
            quantized = np.clip(np.rint(x / scale) + zero_point, -128, 127)
            # Within a bin too: values lie anywhere in it.
            return float(self.counts @ (scale * (quantized - zero_point) - x) ** 2)

        return min(self._candidates(), key=lambda pair: error(*pair))

    def _entropy(self):
        """The least Kullback-Leibler divergence of what 256 levels make of the histogram (as TensorRT's calibration does)."""
        return min(self._candidates(), key=lambda pair: self._divergence(*pair))

    def _candidates(self):
        """Ranges with one end or both drawn in."""
        ends = [(self.low * a, self.high * a) for a in SHRINKS]
        ends += [(self.low, self.high * a) for a in SHRINKS] + [(self.low * a, self.high) for a in SHRINKS]
        return list(dict.fromkeys(ends))

    def _divergence(self, low, high):
        x, counts = self._centers, self.counts
        inside = (x >= low) & (x <= high)
        if not inside.any():
            return np.inf
        clipped = counts[inside].copy()
        clipped[0] += counts[x < low].sum()
        clipped[-1] += counts[x > high].sum()
        scale, zero_point = affine(low, high)
        level = np.clip(np.rint(x[inside] / scale) + zero_point, -128, 127).astype(int) + 128
        filled = counts[inside] > 0
        total = np.bincount(level, counts[inside], LEVELS)
        bins = np.bincount(level, filled, LEVELS)
        spread = np.where(filled, (total / np.maximum(bins, 1))[level], 0)
        p, q = clipped / clipped.sum(), spread / max(spread.sum(), EPSILON)
        used = p > 0
        return float(np.sum(p[used] * np.log(p[used] / np.maximum(q[used], EPSILON))))


def affine(low, high, power_of_two=False):
    """(scale, zero point) of int8 over low ... high, zero exactly representable: TFLite's asymmetric activations."""
    scale = np.float32((high - low) / (LEVELS - 1))
    if not scale > 0:
        return np.float32(1), 0
    if power_of_two:
        scale = next_power_of_two(scale)
    return scale, int(np.clip(np.rint(-128 - low / float(scale)), -128, 127))


def symmetric(low, high, power_of_two=False):
    """The scale of int16 over low ... high; its zero point is 0."""
    scale = np.float32(max(-low, high) / INT16_MAX)
    if not scale > 0:
        return np.float32(1)
    return next_power_of_two(scale) if power_of_two else scale


def quantization(scale, zero_point):
    """Of a whole tensor."""
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))


def next_power_of_two(scales):
    """float32 scales, each raised to a power of two; those that are one but for rounding stay."""
    return np.exp2(np.ceil(np.log2(np.float64(scales)) - 1e-6)).astype(np.float32)
