"""SUM, MEAN, REDUCE_MAX, REDUCE_MIN: float32 -> float32 over any axes."""

import math
import struct

from linnet.graph import Step
from linnet.operators import reduce
from linnet.operators.float32.operands import expect_float32
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 327, "REDUCE_FLOAT32"
MODES = {"SUM": 0, "MEAN": 1, "REDUCE_MAX": 2, "REDUCE_MIN": 3}


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    expect_float32(op, source, output)
    axes = reduce.reduced_axes(op)
    expect_elements(op, output, source.elements // math.prod(source.shape[axis] for axis in axes), "output")
    kept, reduced = reduce.groups(op, source.shape, axes)
    params = struct.pack("<13I", *kept, *reduced, MODES[op.kind])
    return Step(CODE, NAME, [source], [output], params, b"", 0, [None], op.kind)
