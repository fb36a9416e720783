"""Cross-layer equalization: channels between two layers are scaled so that the weights on both sides have like ranges.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019. A channel may be scaled where
nothing but RELU stands between the layers: relu(s * x) = s * relu(x) for s > 0.
"""

import numpy as np

from linnet.quantizer.scheme import WEIGHTED
from linnet.quantizer.weights import rows_of

ROUNDS = 10
LIMITS = 1e-3, 1e3  # of one factor


def equalize(graph):
    """Changes the weights of a float graph in place; its outputs stay, but for rounding. Returns the number of pairs of layers."""
    pairs = list(_pairs(graph))
    for _ in range(ROUNDS if pairs else 0):
        worst = max(_equalize(first, second) for first, second in pairs)
        if worst < 1.01:
            break
    return len(pairs)


def _pairs(graph):
    """(layer, the only layer that uses its output) with nothing but RELU between them."""
    for op in graph.operators:
        if op.kind not in WEIGHTED or op.kind == "TRANSPOSE_CONV" or op.attrs["fused_activation"] not in ("NONE", "RELU"):
            continue
        users = graph.consumers(op.outputs[0])
        if len(users) != 1 or op.outputs[0] in graph.outputs or users[0].kind not in WEIGHTED or users[0].kind == "TRANSPOSE_CONV":
            continue
        user = users[0]
        same_channels = op.outputs[0].shape[-1] == _in_channels(user)
        if user.inputs[0] is op.outputs[0] and same_channels and _is_plain(op) and _is_plain(user):
            yield op, user


def _is_plain(op):
    """Its weights are constant, and a depthwise layer has one output for each channel."""
    weights = op.inputs[1]
    return weights.data is not None and (op.kind != "DEPTHWISE_CONV_2D" or weights.shape[3] == op.inputs[0].shape[3])


def _in_channels(op):
    return op.inputs[1].shape[3] if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D") else op.inputs[1].shape[1]


def _equalize(first, second):
    """One pair; the largest factor by which a channel changed."""
    out_rows = rows_of(first.inputs[1].data, WEIGHTED[first.kind].axis)
    in_rows = np.moveaxis(second.inputs[1].data, -1, 0).reshape(_in_channels(second), -1)
    before, after = np.abs(out_rows).max(axis=1), np.abs(in_rows).max(axis=1)
    usable = (before > 0) & (after > 0)
    # first / s and second * s meet where both have the range sqrt(before * after).
    factors = np.where(usable, np.sqrt(before / np.where(usable, after, 1)), 1.0)
    factors = np.clip(factors, *LIMITS).astype(np.float32)
    axis = WEIGHTED[first.kind].axis
    shape = [1] * first.inputs[1].data.ndim
    shape[axis] = -1
    first.inputs[1].data = first.inputs[1].data / factors.reshape(shape)
    if len(first.inputs) > 2 and first.inputs[2] is not None:
        first.inputs[2].data = (first.inputs[2].data.reshape(-1) / factors).reshape(first.inputs[2].shape)
    second.inputs[1].data = second.inputs[1].data * factors
    first.outputs[0].source = None  # it is no longer what the file's tensor is
    return float(np.maximum(factors, 1 / factors).max())
