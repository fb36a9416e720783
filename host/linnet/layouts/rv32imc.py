"""Layouts for RV32IMC: FORMAT.md section 5, "Tuned layouts: rv32imc".

"speed" (layout 0) has two channels' weights in every 32-bit word, "size" (layout 1) plain int8 weights. Each channel's
requantization is proved for every accumulator it can reach; a channel without proof is "exact", which plain C works out.
"""

import struct
from dataclasses import dataclass, replace

import numpy as np

from linnet import fields
from linnet.fields import padded
from linnet.graph import IN_PLACE
from linnet.layouts.layer import fits_unpadded, read_layer, tile_overlap
from linnet.layouts.sums import BYTES, fit_plane
from linnet.layouts.thresholds import find_steps, multiply_high

CORE = 4
LAYOUTS = {"speed": 0, "size": 1}
BLOCK = 8  # inputs with their flags
FRACTION = 12  # bits that requantization appends to the accumulator
LANE = 1 << 15
SUM_BITS = 21


def tune(step, layout):
    """The Step for this core's kernel, or None where the portable one has to do."""
    tuner = {1: _conv_2d, 2: _depthwise_conv_2d, 3: _fully_connected, 6: _add}.get(step.code)
    if step.variant or tuner is None:
        return None
    return tuner(step, LAYOUTS[layout])


def _tuned(step, layout, data, *overlap):
    """overlap: only where it is not the portable kernel's."""
    return replace(step, variant=CORE | layout << 4, data=data, overlap=list(overlap) or step.overlap)


# Channels --------------------------------------------------------------------------------------------------


@dataclass
class Channel:
    """One output channel as the kernels want it."""

    start: int  # of the accumulator, modulo 2^32
    weights: np.ndarray  # (inputs,) int64
    factor: bytes


IDLE_FACTOR = struct.pack("<4I", 0, 0, 0, 24)


def _channels(layer, weights):
    """weights: (n, inputs). Returns (n Channels, idle where there is no formula; the indices of those)."""
    channels, exact = [], []
    for i, steps in enumerate(find_steps(layer)):
        formula = steps and multiply_high(steps, int(layer.multiplier[i]), int(layer.shift[i]), FRACTION)
        if formula is None or np.any(_lane(weights[i, ::2], weights[i, 1::2]) > 1):
            exact.append(i)
            channels.append(_idle(weights.shape[1]))
        elif formula.limit == 0:
            channels.append(Channel(0, np.zeros_like(weights[i]), _factor(formula)))
        else:
            channels.append(Channel(int(layer.bias[i]) - formula.start, weights[i], _factor(formula)))
    return channels, exact


def _factor(formula):
    return struct.pack("<4I", formula.limit, formula.multiplier, formula.addend, formula.shift | formula.negatives << 8)


def _idle(inputs):
    """A channel whose bytes do not matter."""
    return Channel(0, np.zeros(inputs, np.int64), IDLE_FACTOR)


def _lane(*weights):
    """How much of a 16-bit lane the sum of these weights' products can fill, whatever the inputs; above 1 it overflows."""
    low = sum(np.minimum(-128 * w, 127 * w) for w in weights)
    high = sum(np.maximum(-128 * w, 127 * w) for w in weights)
    return np.maximum(-low / LANE, high / (LANE - 1))


# Streams ---------------------------------------------------------------------------------------------------


def _layer_data(layer, weights, n, multiple, layout):
    """The data of a layer whose kernel takes n channels and a multiple of inputs at a time; weights (channels, taps)."""
    inputs = padded(weights.shape[1], multiple)
    weights = np.pad(weights, ((0, 0), (0, inputs - weights.shape[1])))
    channels, exact = _channels(layer, weights)
    channels += [_idle(inputs)] * (-len(channels) % n)
    groups = [channels[i : i + n] for i in range(0, len(channels), n)]
    stream = b"".join((_bytes if layout else _pairs)(group) + b"".join(channel.factor for channel in group) for group in groups)
    negatives = any(int.from_bytes(channel.factor[13:16], "little") for channel in channels)
    rows = b"".join(
        struct.pack("<I3i", i, layer.bias[i], layer.multiplier[i], layer.shift[i]) + weights[i].astype("i1").tobytes()
        for i in exact
    )
    return struct.pack("<4I", len(exact), negatives, 0, 0) + stream + rows


def _bytes(group):
    """Accumulators; inputs x channels of weights."""
    starts = np.array([channel.start for channel in group], np.int64).astype("<u4")
    return starts.tobytes() + np.stack([channel.weights for channel in group], axis=1).astype("i1").tobytes()


def _pairs(group):
    """T and U of each pair; blocks of flags and 8 inputs x pairs of words."""
    starts = np.array([channel.start for channel in group], np.int64)
    odd = starts[1::2]
    starts = np.stack([starts[::2] + (odd << 16), odd], axis=1).astype("<u4")
    weights = np.stack([channel.weights for channel in group], axis=1)  # (inputs, channels)
    half = len(weights) % BLOCK  # a first block of its own, to the kernel the second half of one
    weights = np.pad(weights, ((-half % BLOCK, 0), (0, 0)))
    words = (weights[:, ::2] + (weights[:, 1::2] << 16)).astype("<u4")
    blocks = np.concatenate([_flags(weights)[:, None], words.reshape(len(words) // BLOCK, -1)], axis=1).astype("<u4")
    if half:
        first = np.concatenate([blocks[0, :1] << 1, blocks[0, 1 + half * words.shape[1] :]])
        return starts.tobytes() + first.astype("<u4").tobytes() + blocks[1:].tobytes()
    return starts.tobytes() + blocks.tobytes()


def _flags(weights):
    """(blocks,) uint32 from (inputs, channels): a chunk goes on for as long as it fits every channel's lane, two inputs at a time."""
    pairs = weights.reshape(-1, 2, weights.shape[1])
    low = np.minimum(-128 * pairs, 127 * pairs).sum(axis=1)  # (pairs of inputs, channels)
    high = np.maximum(-128 * pairs, 127 * pairs).sum(axis=1)
    ends = np.zeros(len(pairs), bool)
    ends[-1] = True
    least = most = np.zeros(weights.shape[1], np.int64)
    for i in range(len(pairs)):
        least, most = least + low[i], most + high[i]
        if i and (np.any(least < -LANE) or np.any(most >= LANE)):
            ends[i - 1] = True
            least, most = low[i], high[i]
    return (ends.reshape(-1, 4) * np.array([8, 4, 2, 1], np.int64)).sum(axis=1).astype("<u4") << 28


# Operators -------------------------------------------------------------------------------------------------


def _conv_2d(step, layout):
    layer = read_layer(step)
    w = layer.window
    if w.kernel * w.in_c > 1 << 20:
        return None
    if (w.out_w * w.stride_w + w.kernel_w) * w.kernel_h * w.in_c > 1 << 24:
        return None
    direct = fits_unpadded(w) and w.in_c % 4 == 0
    data = _layer_data(layer, layer.columns(), 4, 4, layout)
    if w.is_dilated and not direct:
        return _tuned(step, layout, data)
    return _tuned(step, layout, data, tile_overlap(w, 3, in_strips=not direct))


def _depthwise_conv_2d(step, layout):
    layer = read_layer(step)
    w = layer.window
    if w.in_c != w.out_c or (w.kernel_h, w.kernel_w, w.dilation_h, w.dilation_w) != (3, 3, 1, 1):
        return None
    along_h = w.out_h > w.out_w  # lines run along the longer side
    if (w.stride_h if along_h else w.stride_w) > 2 or (w.out_h * w.stride_h + 2) * (w.out_w * w.stride_w + 2) > 1 << 22:
        return None
    weights = layer.weights.reshape(-1, 3, 3)
    weights = weights.transpose(0, 2, 1) if along_h else weights
    low, high = layer.reach()
    data = b""
    for i, steps in enumerate(find_steps(layer)):
        formula = steps and multiply_high(steps, int(layer.multiplier[i]), int(layer.shift[i]), FRACTION)
        # The accumulator is kept times 2^FRACTION.
        if formula and formula.limit and max(formula.start - low[i], high[i] - formula.start) >> (31 - FRACTION):
            formula = None
        taps = weights[i] if formula is None or formula.limit else np.zeros_like(weights[i])
        if formula:
            start = int(layer.bias[i]) - formula.start if formula.limit else 0
            data += struct.pack("<I", start % (1 << 32)) + _factor(formula)
        else:
            data += struct.pack("<iIiIi", layer.bias[i], 0, layer.multiplier[i], 0, layer.shift[i])
        data += taps.astype("i1").tobytes() + bytes([formula is None, 0, 0])
    # Of several images, one's outputs must not reach the next one's inputs.
    in_place = w.batches == 1 or w.out_h * w.out_w <= w.in_h * w.in_w
    return _tuned(step, 0, data, IN_PLACE if in_place else None)


def _fully_connected(step, layout):
    layer = read_layer(step)
    if max(layer.params["rows"], *layer.weights.shape) > 1 << 20:
        return None
    data = _layer_data(layer, layer.weights, 8, BLOCK, layout)
    return _tuned(step, layout, data)


def _add(step, _):
    params = fields.OPERATORS[step.code][1].unpack(step.params)
    found = fit_plane(params, SUM_BITS, 1 << SUM_BITS, lambda factor: factor * BYTES, 1 << 31)
    if found is None:
        return None
    *factors, addend = found
    addend -= params["act_min"] << SUM_BITS
    ends = np.add.outer(*(factor * BYTES[[0, -1]] for factor in factors)) + addend
    if ends.min() < -(1 << 31) or ends.max() >= 1 << 31:
        return None
    limit = (params["act_max"] - params["act_min"] + 1 << SUM_BITS) - 1
    data = np.array([*factors, addend, limit], np.int64).astype("<u4").tobytes()
    return _tuned(step, 0, data)
