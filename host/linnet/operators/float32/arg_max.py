"""ARG_MAX and ARG_MIN along one axis: float32 -> int32 or int64; the first of equals."""

import math
import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_operands
from linnet.operators.reduce import reduced_axes

CODE, NAME = 328, "ARG_MAX_FLOAT32"
KINDS = ("ARG_MAX", "ARG_MIN")


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    if output.dtype not in ("int32", "int64"):
        raise LinnetError(f"{op}: makes {output.dtype} indices; supported are int32 and int64")
    axes = reduced_axes(op)
    if len(axes) != 1:
        raise LinnetError(f"{op}: has {len(axes)} axes, supported is one")
    (axis,) = axes
    shape = source.shape
    expect_elements(op, output, source.elements // shape[axis], "output")
    params = struct.pack("<4I", math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]), op.kind == "ARG_MIN")
    return Step(CODE, NAME, [source], [output], params, b"", 0, [None], op.kind)
