"""MUL and ADD by constants per channel, as batch normalization leaves them, go into the float layer before them.

w' = w * a, b' = b * a + c. Of real-valued models only: rounding changes, by what single precision rounds.
"""

import numpy as np

from linnet.graph import Quantization, Tensor, is_constant

# Where the weights and the bias stand, and the axis of the weights' output channels.
LAYERS = {"CONV_2D": (1, 2, 0), "DEPTHWISE_CONV_2D": (1, 2, 3), "FULLY_CONNECTED": (1, 2, 0), "TRANSPOSE_CONV": (1, 3, 0)}


def run(graph):
    for op in list(graph.operators):
        if op.kind in ("MUL", "ADD", "SUB", "DIV"):
            _fold(graph, op)


def _fold(graph, op):
    found = _constant_operand(op)
    if found is None:
        return
    data, other = found
    layer = graph.producer(data)
    if layer is None or layer.kind not in LAYERS or layer.attrs["fused_activation"] != "NONE" or data.dtype != "float32":
        return
    weights_at, bias_at, axis = LAYERS[layer.kind]
    channels = data.shape[-1]
    if not is_constant(layer.inputs[weights_at]) or graph.consumers(data) != [op] or data in graph.outputs:
        return
    if layer.inputs[weights_at].dtype != "float32" or op.outputs[0].shape != data.shape or other.elements not in (1, channels):
        return
    if other.elements > 1 and other.shape[-1] != channels:
        return
    values = np.broadcast_to(other.data.reshape(-1), channels).astype(np.float64)
    factor = {"MUL": values, "DIV": 1 / np.where(values == 0, np.nan, values)}.get(op.kind, np.ones(channels))
    addend = {"ADD": values, "SUB": -values}.get(op.kind, np.zeros(channels))
    if not np.all(np.isfinite(factor)):
        return
    weights = layer.inputs[weights_at]
    shape = [1] * len(weights.shape)
    shape[axis] = channels
    layer.inputs += [None] * (bias_at + 1 - len(layer.inputs))
    bias = layer.inputs[bias_at]
    old = np.zeros(channels) if bias is None else bias.data.reshape(-1).astype(np.float64)
    layer.inputs[weights_at] = _like(weights.name, weights.data * factor.reshape(shape), _scaled(weights.quant, factor, axis))
    layer.inputs[bias_at] = _like(bias.name if bias is not None else weights.name + "/bias", old * factor + addend)
    layer.outputs = op.outputs
    layer.attrs["fused_activation"] = op.attrs["fused_activation"]
    graph.operators.remove(op)


def _constant_operand(op):
    """(the computed operand, the constant one), or None. A constant minuend or dividend is another operation."""
    a, b = op.inputs
    if is_constant(b) and not is_constant(a):
        return a, b
    if is_constant(a) and not is_constant(b) and op.kind in ("MUL", "ADD"):
        return b, a
    return None


def _scaled(quant, factor, axis):
    """The scales of weights that were integers, times these factors per channel: the integers stay, but for their signs."""
    if quant is None or np.all(factor == 1):
        return quant
    if np.any(factor == 0):
        return None
    return Quantization((quant.scale * np.abs(factor)).astype(np.float32), np.zeros(len(factor), np.int64), axis)


def _like(name, data, quant=None):
    data = np.ascontiguousarray(data, np.float32)
    return Tensor(name, data.shape, "float32", quant, data)
