"""BATCH_MATMUL: float32 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols); by a constant it is a dense layer."""

import struct

import numpy as np

from linnet.graph import Operator, Step, Tensor
from linnet.operators import batch_matmul
from linnet.operators.float32 import fully_connected
from linnet.operators.float32.operands import expect_float32
from linnet.operators.operands import expect_operands

CODE, NAME = 329, "BATCH_MATMUL_FLOAT32"


def lower(op):
    expect_operands(op, 2)
    expect_float32(op, *op.inputs, op.outputs[0])
    sizes, walk, batches, strides = batch_matmul.product_of(op)
    if batch_matmul.is_dense(op) and np.isfinite(op.inputs[1].data).all():
        return fully_connected.lower(_dense(op))
    params = struct.pack("<16I", *batches, *strides[0], *strides[1], *sizes, *walk)
    macs = int(np.prod([*batches, *sizes], dtype=np.int64))
    return Step(CODE, NAME, op.inputs, op.outputs, params, b"", macs, [None, None], op.kind)


def _dense(op):
    """The same product as a FULLY_CONNECTED, weights (cols, depth)."""
    a, b = op.inputs
    data = b.data.reshape(b.shape[-2:])
    data = np.ascontiguousarray(data if op.attrs["adj_y"] else data.T)
    return Operator(op.kind, [a, Tensor(b.name, data.shape, b.dtype, None, data, b.source)], op.outputs, op.attrs, op.index)
