"""ADD, SUB, MUL, DIV, FLOOR_DIV, FLOOR_MOD, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE and NEG of int32, broadcast: whole numbers."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.operators.elementwise import walk_step
from linnet.operators.operands import expect_operands

CODE, NAME = 131, "INTEGER"
OPTIONS = None
MODES = {
    "ADD": 0, "SUB": 1, "MUL": 2, "MAXIMUM": 3, "MINIMUM": 4, "DIV": 5, "FLOOR_DIV": 6, "FLOOR_MOD": 7, "SQUARED_DIFFERENCE": 8,
}  # fmt: skip
KINDS = (*MODES, "NEG")
INT32 = np.iinfo(np.int32)
CLAMPS = {"NONE": (INT32.min, INT32.max), "RELU": (0, INT32.max), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}


def lower(op):
    if op.kind == "NEG":
        expect_operands(op, 1)
        zero = Tensor("0", (), "int32", None, np.zeros((), np.int32))
        op = Operator("SUB", [zero, *op.inputs], op.outputs, {}, op.index)
    expect_operands(op, 2)
    for tensor in op.inputs + op.outputs:
        if tensor.dtype != "int32":
            raise LinnetError(f'{op}: "{tensor.name}" is {tensor.dtype}; supported are int8, and int32 throughout')
    activation = op.attrs.get("fused_activation", "NONE")
    if activation not in CLAMPS:
        raise LinnetError(f"{op}: the fused activation {activation} is not supported; supported are {', '.join(CLAMPS)}")
    if op.kind in ("DIV", "FLOOR_DIV", "FLOOR_MOD") and op.inputs[1].data is not None and not op.inputs[1].data.all():
        raise LinnetError(f"{op}: divides by a constant 0")
    return walk_step(op, CODE, NAME, struct.pack("<2iI", *CLAMPS[activation], MODES[op.kind]))
