"""MEAN and SUM: int16 -> int16 over any axes. TFLite's reference/reduce.h."""

import math
import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.int16.layer import expect_int16
from linnet.operators.operands import expect_elements, expect_operands
from linnet.operators.reduce import factor, groups, reduced_axes

CODE, NAME = 265, "SUM_INT16"


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    expect_int16(op, source, "input")
    expect_int16(op, output, "output")
    axes = reduced_axes(op)
    n = math.prod(source.shape[axis] for axis in axes)
    expect_elements(op, output, source.elements // n, "output")
    try:
        multiplier, shift = factor(op, n)
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    kept, reduced = groups(op, source.shape, axes)
    params = struct.pack("<12I2i", *kept, *reduced, multiplier, shift)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [None], op.kind)
