"""Layers with weights in float32: the weights themselves may be float32, float16 or int8. `layer` of FORMAT.md section 5."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.channels import expect_weights
from linnet.operators.float32.operands import clamp, expect_float32
from linnet.operators.operands import expect_constant, expect_elements, expect_operands, expect_rank

WEIGHTS = {"float32": 0, "float16": 1, "int8": 2}


def weights_of(op, rank, axis):
    """Checks the operands of a layer whose weights have `rank` dimensions, outputs along `axis`; returns the weights."""
    expect_operands(op, 3, optional=1)
    expect_float32(op, op.inputs[0], op.outputs[0])
    tensor = op.inputs[1]
    weights = expect_constant(op, tensor, "weights")
    if tensor.dtype == "int8":
        return expect_weights(op, rank, axis)
    expect_rank(op, tensor, rank, "weights")
    if tensor.dtype not in WEIGHTS:
        raise LinnetError(f"{op}: weights are {tensor.dtype}, supported are {', '.join(WEIGHTS)}; convert the model again")
    if not np.isfinite(weights).all():
        raise LinnetError(f"{op}: weights are not all finite; train or convert the model again")
    return weights


def pack_layer(op, n, groups=1):
    """The 12 bytes of `layer`, and the constants that go before the weights of n outputs: (params, data)."""
    bias, weights = np.zeros(n, np.float32), op.inputs[1]
    if len(op.inputs) > 2 and op.inputs[2] is not None:
        bias = expect_constant(op, op.inputs[2], "bias")
        expect_float32(op, op.inputs[2])
        expect_elements(op, op.inputs[2], n, "bias")
    data = bias.astype("<f4").tobytes()
    if weights.dtype == "int8":
        data += np.broadcast_to(weights.quant.scale, n).astype("<f4").tobytes()
    return struct.pack("<2fH2B", *clamp(op), groups, WEIGHTS[weights.dtype], 0), data


def little_endian(weights):
    """Their bytes as they lie in a blob."""
    return np.ascontiguousarray(weights).astype(weights.dtype.newbyteorder("<")).tobytes()
