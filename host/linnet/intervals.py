"""What values each channel of each tensor can take, by interval arithmetic over the whole graph, whatever the input."""

import numpy as np

from linnet.operators import add, channels, fully_connected, lower_operator, pad, window
from linnet.operators.activation import clamp
from linnet.requant import INT32_MAX, INT32_MIN, quantize_multiplier, requant


def intervals(graph):
    """{tensor: (low, high)} for the int8 tensors of a graph after the passes; both (channels,) int64, the last axis.

    Sound: no input makes a value outside. An operator that is not looked into gives the whole range.
    """
    found = {}
    for tensor in graph.inputs:
        found[tensor] = _anything(tensor)
    for op in graph.operators:
        for tensor in op.inputs:
            if tensor is not None and tensor not in found:
                found[tensor] = _constant(tensor) if tensor.data is not None else _anything(tensor)
        rule = RULES.get(op.kind) if all(tensor.dtype == "int8" for tensor in op.outputs) else None
        for tensor in op.outputs:
            found[tensor] = rule(op, *(found[t] for t in op.inputs if t is not None)) if rule else _anything(tensor)
    return found


def pads(op):
    """Whether a window of this operator ever reaches outside its input."""
    w = window.of(op)
    ends = (
        (w.out_h - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h,
        (w.out_w - 1) * w.stride_w - w.pad_left + (w.kernel_w - 1) * w.dilation_w,
    )
    return w.pad_top > 0 or w.pad_left > 0 or ends[0] >= w.in_h or ends[1] >= w.in_w


def _channels(tensor):
    return tensor.shape[-1] if tensor.shape else 1


def _anything(tensor):
    n = _channels(tensor)
    limits = np.iinfo(tensor.dtype) if tensor.dtype.startswith(("int", "uint")) else np.iinfo("int32")
    return np.full(n, limits.min, np.int64), np.full(n, limits.max, np.int64)


def _constant(tensor):
    rows = np.asarray(tensor.data).reshape(-1, _channels(tensor))
    if rows.dtype.kind not in "iu":
        return _anything(tensor)
    return rows.min(axis=0).astype(np.int64), rows.max(axis=0).astype(np.int64)


def _linear(op, weights, taps, factors):
    """Outputs of sum(weights * (x - zero_point)); weights (out, inputs) int64, taps (low, high) (inputs,) of x."""
    zero_point = op.inputs[0].zero_point
    low, high = taps[0] - zero_point, taps[1] - zero_point
    bias = channels.bias_of(op, len(weights))
    least = bias + np.minimum(weights * low, weights * high).sum(axis=1)
    most = bias + np.maximum(weights * low, weights * high).sum(axis=1)
    clamp_low, clamp_high = clamp(op)
    result = []
    for o, factor in enumerate(factors):
        if least[o] < INT32_MIN or most[o] > INT32_MAX:
            result.append((clamp_low, clamp_high))  # an accumulator might wrap
            continue
        pair = quantize_multiplier(float(factor))
        ends = requant(np.array([least[o], most[o]]), *pair) + op.outputs[0].zero_point
        result.append(np.clip(ends, clamp_low, clamp_high))
    return tuple(np.array(result, np.int64).T)


def _with_padding(op, x):
    """The interval of a tap: where windows reach outside, the zero point is among its values."""
    if not pads(op):
        return x
    return np.minimum(x[0], op.inputs[0].zero_point), np.maximum(x[1], op.inputs[0].zero_point)


def _conv_2d(op, x, *_):
    if not channels.are_plain(op) or op.inputs[1].shape[-1] != len(x[0]):
        return _anything(op.outputs[0])
    weights = op.inputs[1].data.astype(np.int64)
    out_c, kernel_h, kernel_w, _ = weights.shape
    low, high = _with_padding(op, x)
    taps = np.tile(low, kernel_h * kernel_w), np.tile(high, kernel_h * kernel_w)
    return _linear(op, weights.reshape(out_c, -1), taps, channels.channel_factors(op, out_c))


def _depthwise_conv_2d(op, x, *_):
    if not channels.are_plain(op):
        return _anything(op.outputs[0])
    weights = op.inputs[1].data.astype(np.int64)
    out_c = weights.shape[3]
    taps = weights.reshape(-1, out_c).T  # (out_c, kernel)
    multiplier = out_c // _channels(op.inputs[0])
    low, high = (np.repeat(bound, multiplier)[:, None] for bound in _with_padding(op, x))
    return _linear(op, taps, (low, high), channels.channel_factors(op, out_c))


def _fully_connected(op, x, *_):
    if not channels.are_plain(op) or op.inputs[1].shape[-1] != len(x[0]):
        return _anything(op.outputs[0])
    weights = op.inputs[1].data.astype(np.int64)
    return _linear(op, weights, x, fully_connected.factors(op, len(weights)))


def _add(op, a, b):
    output = op.outputs[0]
    if len(a[0]) != len(b[0]) or output.dtype != "int8":
        return _anything(output)
    clamp_low, clamp_high = clamp(op)
    pairs = [quantize_multiplier(factor) for factor in add.factors(op.inputs, output)]
    ends = []
    for x0, x1 in zip(a, b):
        scaled = [
            requant((x - tensor.zero_point) << add.LEFT_SHIFT, *pair) for x, tensor, pair in zip((x0, x1), op.inputs, pairs)
        ]
        ends.append(np.clip(requant(sum(scaled), *pairs[2]) + output.zero_point, clamp_low, clamp_high))
    return tuple(ends)


def _pool(op, x):
    # Each is between the least and the most of its window, exactly those where all taps are equal.
    return tuple(np.clip(bound, *clamp(op)) for bound in x)


def _pad(op, x, *_):
    value, amounts = op.outputs[0].zero_point, pad.amounts(op)
    if amounts[:-1].any():
        x = np.minimum(x[0], value), np.maximum(x[1], value)
    return tuple(np.pad(bound, amounts[-1], constant_values=value) for bound in x)


def _lut(op, x):
    """Of an operator that is lowered to a table of bytes."""
    if op.inputs[0].dtype != "int8" or op.outputs[0].dtype != "int8":
        return _anything(op.outputs[0])
    step = lower_operator(op)
    table = np.roll(np.frombuffer(step.data, np.int8), 128).astype(np.int64)  # from -128 up
    spans = [table[low + 128 : high + 129] for low, high in zip(*x)]
    return np.array([span.min() for span in spans]), np.array([span.max() for span in spans])


def _reshape(op, x, *_):
    n_in, n_out = len(x[0]), _channels(op.outputs[0])
    if n_out % n_in == 0:  # the same last axis, or several of its rows side by side
        return tuple(np.tile(bound, n_out // n_in) for bound in x)
    return np.full(n_out, x[0].min()), np.full(n_out, x[1].max())


def _concatenation(op, *inputs):
    if op.attrs["axis"] % len(op.outputs[0].shape) == len(op.outputs[0].shape) - 1:
        return tuple(np.concatenate(bounds) for bounds in zip(*inputs))
    lows, highs = zip(*inputs)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _between(op, x, *_):
    """Of an operator that makes nothing beyond the values of the same channel."""
    return x


RULES = {
    "ABS": _lut,
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "ELU": _lut,
    "EXP": _lut,
    "EXPAND_DIMS": _reshape,
    "FULLY_CONNECTED": _fully_connected,
    "GELU": _lut,
    "HARD_SWISH": _lut,
    "LEAKY_RELU": _lut,
    "LOG": _lut,
    "LOGISTIC": _lut,
    "MAX_POOL_2D": _pool,
    "PAD": _pad,
    "QUANTIZE": _lut,
    "RELU": _lut,
    "RELU6": _lut,
    "RELU_0_TO_1": _lut,
    "RELU_N1_TO_1": _lut,
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _between,
    "RESIZE_NEAREST_NEIGHBOR": _between,
    "RSQRT": _lut,
    "SQUEEZE": _reshape,
    "TABLE": _lut,
    "TANH": _lut,
}
