"""FULLY_CONNECTED: float32 (rows, in_n) -> (rows, out_n), weights (out_n, in_n)."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.float32 import layer
from linnet.operators.operands import expect_elements
from linnet.overlap import rows_overlap

CODE, NAME = 322, "FULLY_CONNECTED_FLOAT32"
MAX_SIZE = 1 << 24


def lower(op):
    weights = layer.weights_of(op, rank=2, axis=0)
    out_n, in_n = weights.shape
    rows = op.inputs[0].elements // in_n
    expect_elements(op, op.inputs[0], rows * in_n, "input")
    expect_elements(op, op.outputs[0], rows * out_n, "output")
    if max(rows, in_n, out_n) > MAX_SIZE:
        raise LinnetError(f"{op}: rows, inputs or outputs are more than {MAX_SIZE}")
    params, data = layer.pack_layer(op, out_n)
    params = struct.pack("<3I", rows, in_n, out_n) + params
    data += layer.little_endian(weights)
    overlap = rows_overlap(rows, 4 * in_n, 4 * out_n)
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, rows * weights.size, [overlap], op.kind)
