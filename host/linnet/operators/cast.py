"""CAST: numbers of one dtype as another, without a scale."""

import struct

from linnet.errors import LinnetError
from linnet.fields import DTYPE_BYTES
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_operands
from linnet.operators.reshape import reshape_step

CODE, NAME = 69, "CAST"
OPTIONS = "CastOptions"


def read(options):
    return {}


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_elements(op, output, source.elements, "output")
    if source.dtype == output.dtype:
        return reshape_step(op, source, output)
    if {source.dtype, output.dtype} == {"int64", "float32"} or not {source.dtype, output.dtype} <= set(DTYPE_BYTES):
        raise LinnetError(f"{op}: casts {source.dtype} to {output.dtype}, which is not supported; int32 in between is")
    # Element i is read before it is written; larger ones reach over those that follow.
    growth = DTYPE_BYTES[output.dtype] - DTYPE_BYTES[source.dtype]
    overlap = max(0, growth * source.elements)
    return Step(CODE, NAME, [source], [output], struct.pack("<I", source.elements), b"", 0, [overlap], op.kind)
