"""L2_NORMALIZATION: float32 (rows, depth) -> the same, each row divided by its length."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.float32.operands import expect_float32
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 330, "L2_NORMALIZATION_FLOAT32"


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_float32(op, source, output)
    expect_elements(op, output, source.elements, "output")
    if op.attrs["fused_activation"] != "NONE":
        raise LinnetError(f"{op}: the fused activation {op.attrs['fused_activation']} is not supported; make it a layer of its own")
    depth = source.shape[-1] if source.shape else 1
    params = struct.pack("<2I", source.elements // depth, depth)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [0], op.kind)
