"""FULLY_CONNECTED: int16 (rows, in_n) -> (rows, out_n), weights (out_n, in_n)."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.fully_connected import MAX_SIZE, factors
from linnet.operators.int16 import layer
from linnet.operators.operands import expect_elements, expect_operands
from linnet.overlap import rows_overlap

CODE, NAME = 258, "FULLY_CONNECTED_INT16"


def lower(op):
    expect_operands(op, 3, optional=1)
    weights = layer.expect_layer(op, rank=2, axis=0)
    out_n, in_n = weights.shape
    rows = op.inputs[0].elements // in_n
    expect_elements(op, op.inputs[0], rows * in_n, "input")
    expect_elements(op, op.outputs[0], rows * out_n, "output")
    if max(rows, in_n, out_n) > MAX_SIZE:
        raise LinnetError(f"{op}: rows, inputs or outputs are more than {MAX_SIZE}")
    finish, data = layer.pack_layer(op, layer.sizes(weights), factors(op, out_n))
    params = struct.pack("<3I", rows, in_n, out_n) + finish
    overlap = 2 * rows_overlap(rows, in_n, out_n)
    return Step(
        CODE, NAME, op.inputs[:1], op.outputs, params, data + weights.tobytes(), rows * weights.size, [overlap], op.kind
    )
