"""Layers whose constants are larger than a weight window become several, each of some output channels, and a CONCATENATION.

Not among the passes that every model goes through: only a model packed for a window needs it (host/linnet/window.py).
"""

import copy
from dataclasses import replace

import numpy as np

from linnet.graph import Operator, Quantization, Tensor, is_constant
from linnet.operators.concatenation import MAX_INPUTS

# The axis of the output channels in the weights.
KINDS = {"CONV_2D": 0, "FULLY_CONNECTED": 0, "DEPTHWISE_CONV_2D": 3}
STEP = 4  # a part's channels are a multiple of it: tuned kernels take so many at a time


def run(graph, window_bytes, n_bytes):
    """Splits what is larger than the window and can be split, in place. n_bytes(op): of an Operator's constants."""
    operators = []
    for op in graph.operators:
        operators += _split(op, window_bytes, n_bytes) if _can_be_split(op) and n_bytes(op) > window_bytes else [op]
    graph.operators = operators


def _can_be_split(op):
    if op.kind not in KINDS or len(op.inputs) < 2 or not is_constant(op.inputs[1]):
        return False
    weights, output = op.inputs[1], op.outputs[0]
    n = weights.shape[KINDS[op.kind]]
    whole = op.kind != "CONV_2D" or weights.shape[3] == op.inputs[0].shape[-1]  # no groups
    return whole and n > STEP and bool(output.shape) and output.shape[-1] == n


def _split(op, window_bytes, n_bytes):
    """The operators that take its place, their parts as large as fit; itself where not even the smallest fits."""
    n = op.outputs[0].shape[-1]
    # A depthwise layer's part starts where an input channel's outputs do.
    step = np.lcm(STEP, n // op.inputs[0].shape[-1]) if op.kind == "DEPTHWISE_CONV_2D" else STEP
    most = n * window_bytes // n_bytes(op) + step  # not far from what will do: constants grow with the channels
    for size in range(most // step * step, 0, -step):
        starts = range(0, n, size)
        parts = [_part(op, first, min(first + size, n)) for first in starts]
        if 1 < len(parts) <= MAX_INPUTS and all(n_bytes(part[-1]) <= window_bytes for part in parts):
            outputs = [part[-1].outputs[0] for part in parts]
            attrs = {"axis": len(op.outputs[0].shape) - 1, "fused_activation": "NONE"}
            join = Operator("CONCATENATION", outputs, list(op.outputs), attrs, op.index)
            return [each for part in parts for each in part] + [join]
    return [op]


def _part(op, first, last):
    """Output channels [first, last) of a layer, as a list of Operators of which the last is the layer."""
    output, made = op.outputs[0], []
    inputs = list(op.inputs)
    inputs[1] = _taken(inputs[1], KINDS[op.kind], first, last)
    if len(inputs) > 2 and inputs[2] is not None:
        inputs[2] = _taken(inputs[2], 0, first, last)
    if op.kind == "DEPTHWISE_CONV_2D" and inputs[0].shape[-1] > 1:
        each = output.shape[-1] // inputs[0].shape[-1]
        inputs[0], slicing = _channels(op, first // each, -(-last // each))
        made.append(slicing)
    name = f"{output.name}[{first}:{last}]"
    part = Tensor(name, (*output.shape[:-1], last - first), output.dtype, output.quant)
    return made + [Operator(op.kind, inputs, [part], copy.copy(op.attrs), op.index)]


def _taken(tensor, axis, first, last):
    """A constant's elements [first, last) along an axis, with their scales."""
    data = np.ascontiguousarray(np.take(tensor.data, range(first, last), axis))
    quant = tensor.quant
    if quant is not None and len(quant.scale) > 1:
        quant = Quantization(quant.scale[first:last], quant.zero_point[first:last], quant.axis)
    return replace(tensor, shape=data.shape, data=data, quant=quant)


def _channels(op, first, last):
    """Channels [first, last) of an operator's input: the tensor, and the SLICE that makes it."""
    x = op.inputs[0]
    sizes = (*x.shape[:-1], last - first)
    begin = np.array([0] * (len(sizes) - 1) + [first], np.int32)
    taken = Tensor(f"{x.name}[{first}:{last}]", sizes, x.dtype, x.quant)
    constants = [Tensor(f"{taken.name}/{what}", data.shape, "int32", None, data) for what, data in
                 (("begin", begin), ("size", np.array(sizes, np.int32)))]  # fmt: skip
    return taken, Operator("SLICE", [x, *constants], [taken], {}, op.index)
