"""Operators on two float32 tensors, broadcast, -> float32; comparisons -> bool."""

import struct

from linnet.broadcast import broadcast
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.float32.operands import clamp, expect_float32
from linnet.operators.operands import expect_operands

CODE, NAME = 324, "BINARY_FLOAT32"
MODES = {
    "ADD": 0, "SUB": 1, "MUL": 2, "DIV": 3, "MAXIMUM": 4, "MINIMUM": 5, "SQUARED_DIFFERENCE": 6, "PRELU": 7,
    "EQUAL": 8, "NOT_EQUAL": 9, "GREATER": 10, "GREATER_EQUAL": 11, "LESS": 12, "LESS_EQUAL": 13,
}  # fmt: skip
COMPARES = 8  # modes from here on


def lower(op):
    expect_operands(op, 2)
    output, mode = op.outputs[0], MODES[op.kind]
    expect_float32(op, *op.inputs)
    if mode < COMPARES:
        expect_float32(op, output)
    elif output.dtype != "bool":
        raise LinnetError(f"{op}: makes {output.dtype}, expected bool; convert the model again")
    walk, inputs = broadcast(op, op.inputs, output)
    params = walk + struct.pack("<2fI", *clamp(op), mode)
    overlap = [0 if tensor.elements == output.elements else None for tensor in inputs]
    return Step(CODE, NAME, inputs, [output], params, b"", 0, overlap, op.kind)
