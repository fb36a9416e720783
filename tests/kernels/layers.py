"""Random and extreme layers as portable Steps, for tests of kernels tuned to a core: what a core's `tune` makes of a step
must give the same bytes.

    step = conv_2d(np.random.default_rng(1), wild=True)
    blob = single(step)                        # portable
    blob = single(tuned, "armv7em", edge=True)  # on a core, inputs -128 and 127 only
"""

import struct

import numpy as np

from linnet import blob as blob_format
from linnet.graph import Quantization, Step, Tensor
from linnet.layouts import CODES
from linnet.operators.window import geometry
from linnet.overlap import rows_overlap, window_overlap
from linnet.operators.window import Window
from linnet.packer import assemble

STRIDES = [(1, 1), (1, 1), (2, 2), (1, 3)]
KERNELS = [(1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (2, 2), (1, 3), (4, 1), (5, 5), (7, 2)]
MULTIPLIERS = (1 << 30, (1 << 31) - 1, 0)


def tensor(name, shape):
    return Tensor(name, tuple(int(n) for n in shape), "int8", Quantization(np.array([0.1], np.float32), np.array([0])))


def single(step, core="portable", edge=False):
    """The bytes of a blob with this step alone; with `edge` a table before it makes every input -128 or 127."""
    steps, inputs = [step], [t for t in step.inputs if t.data is None]
    if edge:
        raw = [tensor("raw", t.shape) for t in inputs]
        table = np.where(np.arange(256) < 128, 127, -128).astype(np.int8).tobytes()
        tables = [
            Step(10, "LUT", [a], [b], struct.pack("<I", a.bytes), table, 0, [0]) for a, b in zip(raw, inputs)
        ]
        steps, inputs = tables + steps, raw
    packed = assemble(steps, inputs, step.outputs)
    packed.blob.core = CODES[core]
    return blob_format.encode(packed.blob)


def requant(rng):
    """(input zero point, output zero point, act_min, act_max)."""
    zero_point = int(rng.choice([-128, -128, 127, 0, *rng.integers(-127, 127, 3)]))
    low, high = [(-128, 127), (zero_point, 127), (zero_point, min(127, zero_point + 60)), (-100, 90)][rng.integers(4)]
    return int(rng.choice([-128, 127, *rng.integers(-128, 128, 2)])), zero_point, low, high


def weights(rng, shape):
    """int8: uniform, small, one extreme, both extremes, sparse."""
    fill = rng.integers(6)
    if fill == 0:
        return rng.integers(-3, 4, shape).astype(np.int8)
    if fill == 1:
        return np.full(shape, rng.choice([-128, -127, 127]), np.int8)
    if fill == 2:
        return rng.choice([-128, 127], shape).astype(np.int8)
    data = rng.integers(-127, 128, shape)
    return (data * (rng.random(shape) < 0.2) if fill == 3 else data).astype(np.int8)


def channels(rng, rows, zero_point, wild):
    """channels(n) of FORMAT.md for weights `rows` (n, taps). Results fill the byte's range; with `wild`, some overflow it, or
    have shifts at either end, multipliers at their limits, or biases as large as they get."""
    n, taps = rows.shape
    spread = np.sqrt((rows.astype(float) ** 2).sum(axis=1)) * 74 + 1
    bias = rng.integers(-200, 200, n) * np.maximum(1, spread / 200).astype(np.int64)
    multiplier = rng.integers(1 << 30, 1 << 31, n)
    shift = -np.round(np.log2(spread / 50)).astype(np.int64) + rng.integers(-1, 2, n)
    if wild:
        some = rng.random(n) < 0.4
        multiplier = np.where(some, rng.choice(MULTIPLIERS, n), multiplier)
        some = rng.random(n) < 0.3
        shift = np.where(some, rng.choice([-31, -30, -20, -1, 0, 1, 30, *rng.integers(-31, 31, 4)], n), shift)
        some = rng.random(n) < 0.2
        bias = np.where(some, rng.choice([-(1 << 31), (1 << 31) - 1, 1 << 30, -(1 << 23), 1 << 23, 0], n), bias)
    bias = bias - zero_point * rows.astype(np.int64).sum(axis=1)
    bias = (bias + (1 << 31)) % (1 << 32) - (1 << 31)
    data = bias.astype("<i4").tobytes() + multiplier.astype("<i4").tobytes()
    data += np.clip(shift, -31, 30).astype("i1").tobytes()
    return data + bytes(-len(data) % 16)


def window(rng, in_c, out_c, kernels=KERNELS, max_size=11, strides=STRIDES, dilations=(1, 1, 1, 2)):
    """A Window that has an output: SAME, VALID or padding of its own."""
    while True:
        kernel = kernels[rng.integers(len(kernels))]
        size = [int(n) for n in rng.integers(1, max_size + 1, 2)]
        stride = strides[rng.integers(len(strides))]
        dilation = int(rng.choice(dilations))
        padding = ("SAME", "VALID")[rng.integers(2)]
        out, pad = zip(*(geometry(n, k, s, dilation, padding) for n, k, s in zip(size, kernel, stride)))
        if rng.random() < 0.15 and min(kernel) > 1:
            pad = [int(rng.integers(0, k)) for k in kernel]
            out = [max(1, n) for n in out]
        if min(out) > 0:
            return Window(int(rng.choice([1, 1, 1, 2])), *size, in_c, *out, out_c, *kernel, *pad, *stride, dilation, dilation)


def _windowed(code, name, w, factors, data, macs=0):
    params = struct.pack("<11H4BH", *vars(w).values(), 0) + struct.pack("<4h", *factors)
    x, y = tensor("x", (w.batches, w.in_h, w.in_w, w.in_c)), tensor("y", (w.batches, w.out_h, w.out_w, w.out_c))
    return Step(code, name, [x], [y], params, data, macs, [window_overlap(w)])


def conv_2d(rng, wild=False, w=None):
    w = w or window(rng, int(rng.choice([1, 2, 3, 4, 5, 8, 12, 16])), int(rng.choice([1, 2, 3, 4, 7, 8, 16])))
    factors = requant(rng)
    data = weights(rng, (w.out_c, w.kernel * w.in_c))
    data = channels(rng, data, factors[0], wild) + data.tobytes()
    return _windowed(1, "CONV_2D", w, factors, data)


def depthwise_conv_2d(rng, wild=False, w=None):
    if w is None:
        in_c = int(rng.choice([1, 3, 4, 8, 12, 20, 32]))
        usual = {"kernels": [(3, 3)], "strides": [(1, 1)], "dilations": (1,)} if rng.random() < 0.5 else {}
        w = window(rng, in_c, in_c * int(rng.choice([1, 1, 1, 1, 2])), **usual)
    factors = requant(rng)
    data = weights(rng, (w.out_c, w.kernel))
    data = channels(rng, data, factors[0], wild) + np.ascontiguousarray(data.T).tobytes()
    return _windowed(2, "DEPTHWISE_CONV_2D", w, factors, data)


def average_pool_2d(rng, wild=False):
    c = int(rng.choice([1, 3, 4, 8, 20]))
    while True:
        w = window(rng, c, c, dilations=(1,))
        last = [(w.out_h - 1) * w.stride_h < w.in_h + w.pad_top, (w.out_w - 1) * w.stride_w < w.in_w + w.pad_left]
        if all(last) and w.pad_top < w.kernel_h and w.pad_left < w.kernel_w:
            return _windowed(4, "AVERAGE_POOL_2D", w, requant(rng), b"")


def fully_connected(rng, wild=False, sizes=None):
    rows, in_n, out_n = sizes or (int(rng.choice(choices)) for choices in ([1, 1, 2, 5], [1, 3, 8, 16, 33, 70], [1, 2, 4, 9, 16]))
    factors = requant(rng)
    data = weights(rng, (out_n, in_n))
    data = channels(rng, data, factors[0], wild) + data.tobytes()
    params = struct.pack("<3I4h", rows, in_n, out_n, *factors)
    x, y = tensor("x", (rows, in_n)), tensor("y", (rows, out_n))
    return Step(3, "FULLY_CONNECTED", [x], [y], params, data, 0, [rows_overlap(rows, in_n, out_n)])


def add(rng, wild=False):
    """Scales up to 30 apart, a quarter of them equal: then sums end in halves."""
    from linnet.requant import quantize_multiplier

    n = int(rng.choice([1, 2, 3, 4, 5, 40, 257]))
    scales = np.exp(rng.uniform(-3, 0, 3))
    if rng.random() < 0.25:
        scales[:] = scales[0]
    common = 2 * scales[:2].max()
    pairs = [quantize_multiplier(float(f)) for f in (scales[0] / common, scales[1] / common, common / ((1 << 20) * scales[2]))]
    zero_points = (rng.choice([-128, 127, *rng.integers(-128, 128, 3)], 3)).tolist()
    _, _, low, high = requant(rng)
    params = struct.pack("<I6h6i", n, *zero_points, low, high, 0, *(m for m, _ in pairs), *(s for _, s in pairs))
    return Step(6, "ADD", [tensor("a", (n,)), tensor("b", (n,))], [tensor("y", (n,))], params, b"", 0, [0, 0])


MAKERS = {
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "AVERAGE_POOL_2D": average_pool_2d,
    "ADD": add,
}


def draw(name, index):
    """Layer `index` of an operator: every other one is wild."""
    rng = np.random.default_rng([sum(name.encode()), index])
    return MAKERS[name](rng, wild=bool(index % 2))


def inputs(rng, step):
    """[arrays, ...]: random bytes, the two extremes at random, one extreme alone."""
    shapes = [t.shape for t in step.inputs]
    yield [rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes]
    yield [rng.choice([-128, 127], shape).astype(np.int8) for shape in shapes]
    for value in (-128, 127):
        yield [np.full(shape, value, np.int8) for shape in shapes]
