"""Layouts for Cortex-M with the DSP extension: FORMAT.md section 5, "Tuned layouts: armv7em".

Each channel of a convolution or dense layer is tested: fast where the kernels' 16- and 32-bit arithmetic is proved exact for
every input there can be, else "exact", which plain C works out from a copy of its weights.
"""

import struct
from dataclasses import dataclass, replace

import numpy as np

from linnet import fields
from linnet.overlap import steps_overlap, window_overlap
from linnet.operators.window import Window
from linnet.requant import high_mul, requant, wrap

CORE = 2
INT32 = 1 << 31
ODD_LIMIT = 1 << 23  # of the accumulator that shares a register with another
SUM_SHIFT = 18  # of linnet_armv7em_add
N_ADD_TRIALS = 100


def tune(step, layout):
    """The Step for this core's kernel, or None where the portable one has to do. There is one layout only."""
    tuner = {1: _conv_2d, 2: _depthwise_conv_2d, 3: _fully_connected, 4: _average_pool_2d, 6: _add}.get(step.code)
    if step.variant or tuner is None:
        return None
    return tuner(step, fields.OPERATORS[step.code][1].unpack(step.params))


def _tuned(step, data, overlap, layout=0):
    return replace(step, variant=CORE | layout << 4, data=data, overlap=overlap)


# Channels --------------------------------------------------------------------------------------------------


@dataclass
class Channel:
    """One output channel in terms of the kernels; weights (k,) int64."""

    bias: int
    weights: np.ndarray
    multiplier: int
    addend: int
    shift: int
    low: int  # least and greatest accumulator
    high: int


def _channels(step, params, n, rows):
    """rows: (n, k) int8 weights. Returns [(Channel or None, (bias, multiplier, TFLite's shift))] of n channels."""
    bias = np.frombuffer(step.data, "<i4", n)
    multiplier = np.frombuffer(step.data, "<i4", n, 4 * n)
    shift = np.frombuffer(step.data, "i1", n, 8 * n)
    rows = rows.astype(np.int64)
    low = bias + np.minimum(-128 * rows, 127 * rows).sum(axis=1)
    high = bias + np.maximum(-128 * rows, 127 * rows).sum(axis=1)
    found = []
    for i in range(n):
        factors = int(bias[i]), int(multiplier[i]), int(shift[i])
        found.append((_fast(params, rows[i], int(low[i]), int(high[i]), *factors), factors))
    return found


def _fast(params, weights, low, high, bias, multiplier, shift):
    """The Channel, if SMMLAR(2 * acc, multiplier, addend) >> shift is its requantization whatever the input."""
    zero_point, relu = params["output_zero_point"], params["act_min"] >= params["output_zero_point"]
    if not weights.any() or (-INT32 <= low and high < INT32 and shift <= 0):
        ends = wrap(requant(np.array([low, high]), multiplier, shift) + zero_point)
        first, last = (int(y) for y in np.clip(ends, params["act_min"], params["act_max"]))
        if first == last:  # requantization grows with acc, so it is constant: (0 + 2 * y) >> 1
            return Channel(0, np.zeros_like(weights), 0, 2 * first, 1, 0, 0)
    right = -shift
    # The correction of ties below zero, which ReLU hides, would be wrong without a shift.
    if not -(INT32 >> 1) <= low <= high < INT32 >> 1 or right < (0 if relu else 1):
        return None
    addend = (zero_point << right) + (1 << right >> 1)
    ends = high_mul(np.array([low, high]), multiplier) + addend
    if not (-INT32 < addend < INT32 and -INT32 < ends[0] and ends[1] < INT32):
        return None
    return Channel(bias, weights, multiplier, addend, right, low, high)


_IDLE = Channel(0, np.zeros(0, np.int64), 0, 0, 1, 0, 0)


def _factor(channel):
    return struct.pack("<3i", channel.multiplier, channel.addend, channel.shift)


def _pairs(channels, k):
    """Puts channels two by two: ([(even, odd)] with their weights padded to k, indices of those that must be exact)."""

    def padded(channel):
        return replace(channel, weights=np.pad(channel.weights, (0, k - len(channel.weights))))

    pairs, exact = [], []
    for i in range(0, len(channels), 2):
        even, odd = (channel and padded(channel) for channel in channels[i : i + 2])
        exact += [i] * (even is None)
        even = even or padded(_IDLE)
        if odd and not -ODD_LIMIT <= odd.low <= odd.high < ODD_LIMIT:
            odd = None
        if odd and np.any(np.abs(2 * (even.weights + 256 * odd.weights) + 1) > 1 << 16):
            odd = None  # -128 beside a negative weight leaves the lane
        exact += [i + 1] * (odd is None)
        pairs.append((even, odd or padded(_IDLE)))
    return pairs, exact


def _lanes(low, high):
    """Words of two int16 lanes, uint32."""
    return (low.astype(np.int64) & 0xFFFF | (high.astype(np.int64) & 0xFFFF) << 16).astype("<u4")


def _pair_words(even, odd):
    """(k / 2,) words of even + 256 * odd, lanes k0 k2, k1 k3 of every four k."""
    lanes = (even.weights + 256 * odd.weights).reshape(-1, 4)
    return _lanes(lanes[:, :2], lanes[:, 2:]).reshape(-1)


def _pair_biases(even, odd):
    return np.array([even.bias, even.bias + 256 * odd.bias], np.int64).astype("<u4")


def _exact_rows(indices, factors, weights, k):
    """The records of linnet_armv7em_exact_t; weights (channels, taps) int8, padded to k."""
    rows = b""
    for index in indices:
        rows += struct.pack("<I3i", index, *factors[index]) + weights[index].tobytes() + bytes(k - weights.shape[1])
    return rows


def _head(n_exact):
    return struct.pack("<4I", n_exact, 0, 0, 0)


# Operators -------------------------------------------------------------------------------------------------


def _window(params):
    return Window(**{name: params[name] for name in Window.__dataclass_fields__})


def _weights(step, n):
    """The bytes behind channels(n), int8."""
    return np.frombuffer(step.data, np.int8, offset=-(-9 * n // 16) * 16)


def is_pointwise(w):
    inside = (w.out_h - 1) * w.stride_h < w.in_h and (w.out_w - 1) * w.stride_w < w.in_w
    return w.kernel == 1 and w.in_c % 4 == 0 and w.pad_top == w.pad_left == 0 and inside


def _conv_2d(step, params):
    w = _window(params)
    if w.out_c < 2 or w.kernel * w.in_c > 1 << 22:
        return None
    weights = _weights(step, w.out_c).reshape(w.out_c, w.kernel_h, w.kernel_w, w.in_c)
    if not w.is_dilated:  # windows lie in memory column by column
        weights = weights.transpose(0, 2, 1, 3)
    weights = weights.reshape(w.out_c, -1)
    k = -(-weights.shape[1] // 4) * 4
    channels = _channels(step, params, w.out_c, weights)
    paired = w.out_c & ~1
    pairs, exact = _pairs([channel for channel, _ in channels[:paired]], k)
    exact += range(paired, w.out_c)
    data = b"".join(
        _pair_biases(even, odd).tobytes() + _pair_words(even, odd).tobytes() + _factor(even) + _factor(odd)
        for even, odd in pairs
    )
    data = _head(len(exact)) + data + _exact_rows(exact, [factors for _, factors in channels], weights, k)
    one_by_one = not is_pointwise(w) and (w.is_dilated or _is_line(w))
    return _tuned(step, data, step.overlap if one_by_one else [_tile_overlap(w)])


def _is_line(w):
    """Whether windows are one pixel high, and read where they lie unless they reach outside."""
    return w.kernel_h == w.dilation_w == 1 and w.kernel_w * w.in_c % 4 == 0


def _tile_overlap(w):
    """Three pixels at a time are read, then written. Strips hold whole rows of outputs, made when their first pixel is read."""
    pixels = w.out_h * w.out_w
    row_bytes, image_bytes = w.in_w * w.in_c, w.in_h * w.in_w * w.in_c
    ends = np.minimum(np.arange(3, pixels + 3, 3), pixels)
    y, x = ends // w.out_w, ends % w.out_w
    if is_pointwise(w):
        needed = y * w.stride_h * row_bytes + x * w.stride_w * w.in_c
    else:
        row = (ends - 1) // w.out_w + 1  # the first without a strip
        needed = np.maximum(0, row * w.stride_h - w.pad_top) * row_bytes
        y = row
    needed = np.where(y < w.out_h, np.minimum(needed, image_bytes), image_bytes)
    first = np.arange(w.batches)[:, None]
    written = first * pixels * w.out_c + ends * w.out_c
    return steps_overlap(written.reshape(-1), (first * image_bytes + needed).reshape(-1), w.batches * image_bytes)


def _fully_connected(step, params):
    rows, in_n, out_n = params["rows"], params["in_n"], params["out_n"]
    weights = _weights(step, out_n).reshape(out_n, in_n)
    k = -(-in_n // 16) * 16
    channels = _channels(step, params, out_n, weights)
    idle = replace(_IDLE, weights=np.zeros(k, np.int64))
    pairs, exact = _pairs([channel for channel, _ in channels] + [idle] * (-out_n % 4), k)
    data = b""
    for (a, b), (c, d) in zip(pairs[::2], pairs[1::2]):
        words = np.stack([_pair_words(a, b), _pair_words(c, d)], axis=1)
        data += _pair_biases(a, b).tobytes() + _pair_biases(c, d).tobytes() + words.tobytes()
        data += b"".join(map(_factor, (a, b, c, d)))
    data = _head(len(exact)) + data + _exact_rows(exact, [factors for _, factors in channels], weights, k)
    done = np.arange(1, rows + 1)
    return _tuned(step, data, [steps_overlap(done * out_n, done * in_n, rows * in_n)])


def _depthwise_conv_2d(step, params):
    w = _window(params)
    if w.in_c != w.out_c or w.in_c % 4 or w.kernel > 1 << 10:
        return None
    weights = np.ascontiguousarray(_weights(step, w.out_c).reshape(w.kernel, w.out_c).T)  # (out_c, taps)
    channels = _channels(step, params, w.out_c, weights)
    exact = [i for i, (channel, _) in enumerate(channels) if channel is None]
    idle = replace(_IDLE, weights=np.zeros(w.kernel, np.int64))
    fast = [channel or idle for channel, _ in channels]
    by_rows = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w) == (3, 3, 1, 1, 1, 1)
    by_rows = by_rows and w.pad_left <= w.out_w + 1
    k = 12 if by_rows else -(-w.kernel // 4) * 4
    data = _rows_stream(fast) if by_rows else _taps_stream(fast)
    data = _head(len(exact)) + data + _exact_rows(exact, [factors for _, factors in channels], weights, k)
    overlap = _rows_overlap(w) if by_rows else window_overlap(w)
    return _tuned(step, data, [overlap], layout=0 if by_rows else 1)


def _twice(channels):
    """(n,) biases and (n, taps) weights, doubled: the accumulators are 2 * acc from the start."""
    biases = np.array([2 * channel.bias for channel in channels], np.int64).astype("<u4")
    return biases, 2 * np.stack([channel.weights for channel in channels])


def _rows_stream(channels):
    """Two channels at a time: biases; per column of the window w0 w1, w0 w1, w1 w2, w1 w2; factors."""
    biases, weights = _twice(channels)
    columns = weights.reshape(-1, 3, 3).transpose(0, 2, 1)  # (channel, column, row)
    words = np.stack([_lanes(columns[..., 0], columns[..., 1]), _lanes(columns[..., 1], columns[..., 2])], axis=2)
    stream = b""
    for i in range(0, len(channels), 2):
        pair = words[i : i + 2].transpose(1, 2, 0)  # (column, upper or lower, channel)
        stream += biases[i : i + 2].tobytes() + pair.tobytes() + _factor(channels[i]) + _factor(channels[i + 1])
    return stream


def _taps_stream(channels):
    """Four channels at a time: biases; per two taps a word for each channel; factors."""
    biases, weights = _twice(channels)
    weights = np.pad(weights, ((0, 0), (0, weights.shape[1] % 2)))
    words = _lanes(weights[:, ::2], weights[:, 1::2])
    stream = b""
    for i in range(0, len(channels), 4):
        stream += biases[i : i + 4].tobytes() + words[i : i + 4].T.tobytes() + b"".join(map(_factor, channels[i : i + 4]))
    return stream


def _rows_overlap(w):
    """Two rows are written at a time; the four rows of input they take are copied before."""
    image_bytes, row_bytes = w.in_h * w.in_w * w.in_c, w.in_w * w.in_c
    y = np.arange(0, w.out_h, 2)
    written = np.minimum(y + 2, w.out_h) * w.out_w * w.out_c
    needed = np.where(y + 2 < w.out_h, np.clip(y + 4 - w.pad_top, 0, w.in_h) * row_bytes, image_bytes)
    batch = np.arange(w.batches)[:, None]
    written = batch * w.out_h * w.out_w * w.out_c + written
    return steps_overlap(written.reshape(-1), (batch * image_bytes + needed).reshape(-1), w.batches * image_bytes)


def _average_pool_2d(step, params):
    w = _window(params)
    if w.in_c % 4 or w.kernel > 256:
        return None
    return _tuned(step, b"", [window_overlap(w)])


def _add(step, params):
    """Three constants, proved for every pair of bytes; None where no such constants are found."""
    factors = [_real(params["multiplier"][i], params["shift"][i]) for i in range(3)]
    exact = np.array(factors[:2]) * factors[2] * 2.0 ** (20 + SUM_SHIFT + 8)
    wanted = _sums(params)
    q = np.arange(-128, 128)
    for _ in range(N_ADD_TRIALS):
        first, second = (round(factor) for factor in exact)
        if not 0 <= min(first, second) <= max(first, second) < INT32:
            return None
        acc = (first * q >> 8)[:, None] + (second * q >> 8)[None, :]
        # acc + constant must lie in [wanted, wanted + 1), but where the byte saturates, which may lie beyond.
        least = np.where(wanted > -128, (wanted << SUM_SHIFT) - acc, -INT32 - acc.min())
        most = np.where(wanted < 127, ((wanted + 1) << SUM_SHIFT) - 1 - acc, INT32 - 1 - acc.max())
        low, high = least.argmax(), most.argmin()
        gap = int(least.flat[low]) - int(most.flat[high])
        if gap <= 0:
            constant = int(least.flat[low]) - gap // 2
            return _tuned(step, struct.pack("<4i", first, second, constant, 0), step.overlap)
        # Two pairs contradict each other: turn the plane until they do not, as one solves linear inequalities.
        apart = np.subtract(np.unravel_index(low, acc.shape), np.unravel_index(high, acc.shape))
        if not apart.any():
            return None
        exact += 256 * (gap + 4) * apart / (apart @ apart)
    return None


def _real(multiplier, shift):
    return multiplier / (1 << 31) * 2.0**shift


def _sums(params):
    """(256, 256) int64: TFLite's ADD of every pair of bytes, not clamped but to int8."""
    q = np.arange(-128, 128)
    x = [requant((q - params["zero_point"][i]) << 20, params["multiplier"][i], params["shift"][i]) for i in range(2)]
    total = requant(x[0][:, None] + x[1][None, :], params["multiplier"][2], params["shift"][2])
    return np.clip(total + params["output_zero_point"], -128, 127)
