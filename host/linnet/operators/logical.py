"""LOGICAL_AND, LOGICAL_OR: the MINIMUM and MAXIMUM of bool, broadcast; LOGICAL_NOT: a table."""

import struct

from linnet.errors import LinnetError
from linnet.operators.elementwise import CODE, MODES, NAME, walk_step
from linnet.operators.lut import lut_step
from linnet.operators.operands import expect_operands

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 1 if op.kind == "LOGICAL_NOT" else 2)
    for tensor in op.inputs + op.outputs:
        if tensor.dtype != "bool":
            raise LinnetError(f'{op}: "{tensor.name}" is {tensor.dtype}, expected bool')
    if op.kind == "LOGICAL_NOT":
        return lut_step(op, lambda q: q == 0)
    mode = MODES["MINIMUM" if op.kind == "LOGICAL_AND" else "MAXIMUM"]
    return walk_step(op, CODE, NAME, struct.pack("<5h2B2i", *[0] * 3, -128, 127, mode, 0, 0, 0))
