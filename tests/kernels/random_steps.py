"""Single steps in the portable layout, with random or extreme constants: what the tests of tuned kernels start from."""

import struct

import numpy as np

from linnet.graph import Quantization, Step, Tensor
from linnet.operators.window import Window, geometry
from linnet.overlap import rows_overlap, window_overlap
from linnet.requant import quantize_multiplier

QUANT = Quantization(np.array([0.1], np.float32), np.array([0]))
WEIGHTS = ("random", "bell", "small", "tiny", "signs", "high", "low", "lowest")
FACTORS = ("typical", "typical", "typical", "low", "high", "ends")


def tensor(name, shape):
    return Tensor(name, tuple(shape), "int8", QUANT)


def weights(rng, shape, fill):
    """int8 weights (shape): "signs" are all +-127, "lowest" has -128 among them, "tiny" and "small" have small sums."""
    drawn = {
        "random": lambda: rng.integers(-127, 128, shape),
        "bell": lambda: np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127),
        "small": lambda: rng.integers(-22, 23, shape),
        "tiny": lambda: rng.integers(-3, 4, shape) * (rng.random(shape) < 0.7),
        "signs": lambda: rng.choice([-127, 127], shape),
        "high": lambda: np.full(shape, 127),
        "low": lambda: np.full(shape, -127),
        "lowest": lambda: rng.choice([-128, -128, 127, 0], shape),
    }[fill]()
    return drawn.astype(np.int8)


def channels(rng, taps, factors):
    """channels(n) of FORMAT.md for weights `taps` (n, taps): biases and multipliers that let outputs vary, or extremes."""
    n = len(taps)
    spread = 74.0 * np.sqrt((taps.astype(np.float64) ** 2).sum(axis=1)) + 20
    bias = np.rint(rng.normal(0, 1, n) * spread).astype(np.int64)
    multiplier, shift = np.empty(n, np.int64), np.empty(n, np.int64)
    for o in range(n):
        multiplier[o], shift[o] = quantize_multiplier(float(rng.uniform(5, 120) / spread[o]))
    if factors == "low":
        multiplier[:] = 1 << 30
    elif factors == "high":
        multiplier[:] = (1 << 31) - 1
    elif factors == "ends":
        multiplier = rng.choice([0, 1, 1 << 30, (1 << 31) - 1, 1518500250], n)
        shift = rng.choice([-31, -30, -16, -8, -1, 0, 1, 7, 30], n)
        bias = np.where(rng.random(n) < 0.2, rng.choice([-(1 << 30), 1 << 30], n), bias)
    data = bias.astype("<i4").tobytes() + multiplier.astype("<i4").tobytes() + shift.astype("i1").tobytes()
    return data + bytes(-len(data) % 16)


def requant(rng):
    """`requant` of FORMAT.md: zero points anywhere, the clamp of no activation, of a ReLU or of a ReLU6."""
    zero_in, zero_out = (int(rng.choice([-128, 127, 0, rng.integers(-128, 128)])) for _ in range(2))
    low, high = [(-128, 127), (zero_out, 127), (zero_out, min(127, zero_out + 60)), (-128, 127)][rng.integers(4)]
    return struct.pack("<4h", zero_in, zero_out, low, high)


def window(rng, kernel, stride, channels_in, channels_out, largest=12, dilation=1):
    """A random Window, SAME or VALID, as TFLite computes it."""
    padding = "SAME" if rng.random() < 0.7 else "VALID"
    least = [1 if padding == "SAME" else (k - 1) * dilation + 1 for k in kernel]
    size = [int(rng.integers(low, max(low, largest) + 1)) for low in least]
    (out_h, top), (out_w, left) = (geometry(n, k, s, dilation, padding) for n, k, s in zip(size, kernel, stride))
    batches = 2 if rng.random() < 0.15 else 1
    return Window(batches, *size, channels_in, out_h, out_w, channels_out, *kernel, top, left, *stride, dilation, dilation)


def _windowed(rng, code, name, w, taps, data, factors):
    params = w.pack(name) + requant(rng)
    x = tensor("x", (w.batches, w.in_h, w.in_w, w.in_c))
    y = tensor("y", (w.batches, w.out_h, w.out_w, w.out_c))
    macs = w.pixels * taps.size
    return Step(code, name, [x], [y], params, channels(rng, taps, factors) + data.tobytes(), macs, [window_overlap(w)], name)


def conv_2d(rng, fill, factors, w=None):
    if w is None:
        kernel = [(1, 1), (3, 3), (1, 1), (10, 4), (2, 3), (5, 1)][rng.integers(6)]
        stride = [(1, 1), (1, 1), (2, 2), (1, 2)][rng.integers(4)]
        channels = int(rng.choice([1, 2, 3, 5, 8, 16, 17])), int(rng.choice([1, 2, 4, 6, 7, 16, 70]))
        w = window(rng, kernel, stride, *channels, dilation=int(rng.choice([1, 1, 1, 2, 3])))
    taps = weights(rng, (w.out_c, w.kernel * w.in_c), fill)
    return _windowed(rng, 1, "CONV_2D", w, taps, taps, factors)


def depthwise_conv_2d(rng, fill, factors, w=None):
    if w is None:
        c = int(rng.choice([1, 2, 3, 4, 7, 8, 16, 32]))
        stride = int(rng.choice([1, 1, 2]))
        w = window(rng, (3, 3), (stride, stride), c, c, largest=int(rng.choice([3, 9, 30])))
    taps = weights(rng, (w.out_c, w.kernel), fill)
    return _windowed(rng, 2, "DEPTHWISE_CONV_2D", w, taps, np.ascontiguousarray(taps.T), factors)


def fully_connected(rng, fill, factors):
    rows = int(rng.choice([1, 1, 2, 5]))
    in_n = int(rng.choice([1, 2, 7, 8, 64, 128, 250, 256, 257, 300, 640]))
    out_n = int(rng.choice([1, 2, 4, 10, 64, 65, 130]))
    taps = weights(rng, (out_n, in_n), fill)
    params = struct.pack("<3I", rows, in_n, out_n) + requant(rng)
    x, y = tensor("x", (rows, in_n)), tensor("y", (rows, out_n))
    data = channels(rng, taps, factors) + taps.tobytes()
    return Step(3, "FULLY_CONNECTED", [x], [y], params, data, rows * taps.size, [rows_overlap(rows, in_n, out_n)])


def add(rng, factors):
    """ADD of two tensors whose scales have a random, an equal or a round ratio."""
    n = int(rng.choice([1, 3, 64, 257, 1000]))
    scales = np.exp(rng.uniform(np.log(0.02), np.log(0.2), 3))
    if factors == "low":
        scales[:] = scales[0]
    elif factors == "ends":
        scales = scales[0] * rng.choice([0.25, 0.5, 1.0, 2.0], 3)
    common = 2 * max(scales[:2])
    real = (scales[0] / common, scales[1] / common, min(common / ((1 << 20) * scales[2]), 0.999))
    pairs = [quantize_multiplier(float(factor)) for factor in real]
    zero = rng.integers(-128, 128, 3)
    low = int(rng.choice([-128, zero[2]]))
    params = struct.pack(
        "<I6h6i", n, *zero.tolist(), low, 127, 0, *(multiplier for multiplier, _ in pairs), *(shift for _, shift in pairs)
    )
    x, y, z = tensor("x", (1, n)), tensor("y", (1, n)), tensor("z", (1, n))
    return Step(6, "ADD", [x, y], [z], params, b"", 0, [0, 0])


MAKERS = {
    "conv_2d": conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "fully_connected": fully_connected,
    "add": lambda rng, fill, factors: add(rng, factors),
}


def steps(kind, count, seed=1):
    """`count` steps of a kind, every fill of the weights with every kind of factors in turn."""
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        yield MAKERS[kind](rng, WEIGHTS[index % len(WEIGHTS)], FACTORS[index // 2 % len(FACTORS)])


def inputs(step, rng, fill):
    """Arrays for the step's inputs: anything, or nothing but -128 and 127."""
    low_high = np.array([-128, 127], np.int8)
    return [
        rng.integers(-128, 128, x.shape).astype(np.int8) if fill == "random" else rng.choice(low_high, x.shape)
        for x in step.inputs
    ]


def polarizer(source):
    """A LUT step that makes -128 of every negative byte of `source`, and 127 of the others: extreme inputs from any."""
    table = np.where(np.arange(256) < 128, 127, 128).astype(np.uint8).tobytes()
    extreme = tensor("extreme", source.shape)
    return Step(10, "LUT", [source], [extreme], struct.pack("<I", source.elements), table, 0, [0])
