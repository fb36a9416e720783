"""FULLY_CONNECTED: int8 (rows, in_n) -> (rows, out_n), weights (out_n, in_n).

Weights that another layer makes, or that have a zero point, make it a product of two tensors.
"""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import activation, channels, int4, product, window
from linnet.operators.operands import expect_elements, expect_int8, expect_operands, expect_rank
from linnet.overlap import rows_overlap

CODE, NAME = 3, "FULLY_CONNECTED"
OPTIONS = "FullyConnectedOptions"
MAX_SIZE = 1 << 24


def read(options):
    if options.WeightsFormat() != 0:
        raise LinnetError("its weights are in a shuffled format; convert the model again without it")
    return {"fused_activation": activation.read(options), "keep_num_dims": bool(options.KeepNumDims())} | channels.read(options)


def lower(op):
    expect_operands(op, 3, optional=1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    if op.inputs[1].data is None or (op.inputs[1].quant and len(op.inputs[1].quant.scale) == 1 and op.inputs[1].zero_point):
        return _product(op)
    weights = channels.expect_weights(op, rank=2, axis=0)
    out_n, in_n = weights.shape
    rows = _rows(op, out_n, in_n)
    if max(rows, in_n, out_n) > MAX_SIZE:
        raise LinnetError(f"{op}: rows, inputs or outputs are more than {MAX_SIZE}")
    overlap = rows_overlap(rows, in_n, out_n)
    if int4.takes(op.inputs[1]):
        return int4.lower(op, factors(op, out_n), (1, 1, rows), (0, 0, in_n), overlap)
    data = channels.pack_channels(op, weights, factors(op, out_n)) + weights.tobytes()
    params = struct.pack("<3I", rows, in_n, out_n) + window.pack_requant(op)
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, rows * weights.size, [overlap], op.kind)


def _rows(op, out_n, in_n):
    rows = op.inputs[0].elements // in_n
    expect_elements(op, op.inputs[0], rows * in_n, "input")
    expect_elements(op, op.outputs[0], rows * out_n, "output")
    return rows


def _product(op):
    """The layer as a product of its input and its weights, neither of which need be constant."""
    expect_int8(op, op.inputs[1], "weights")
    expect_rank(op, op.inputs[1], 2, "weights")
    out_n, in_n = op.inputs[1].shape
    bias = channels.bias_of(op, out_n).astype("<i4").tobytes() if len(op.inputs) > 2 and op.inputs[2] is not None else b""
    return product.lower(op, factors(op, 1)[0], (_rows(op, out_n, in_n), in_n, out_n), (in_n, 1, in_n, 1), bias=bias)


def factors(op, n):
    """(n,) float64. With one scale for all weights TFLite multiplies it with the input's in single precision."""
    weights_scale = op.inputs[1].quant.scale
    if len(weights_scale) > 1:
        return channels.channel_factors(op, n)
    product = np.float32(op.inputs[0].scale) * np.float32(weights_scale[0])
    return np.full(n, np.float64(product) / np.float64(op.outputs[0].scale))
