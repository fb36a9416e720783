"""SOFTMAX and LOG_SOFTMAX: float32 (rows, depth) -> float32."""

import struct

from linnet.graph import Step
from linnet.operators.float32.operands import expect_float32
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 326, "SOFTMAX_FLOAT32"
OPTIONS = None
KINDS = ("SOFTMAX", "LOG_SOFTMAX")


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_float32(op, source, output)
    expect_elements(op, output, source.elements, "output")
    depth = source.shape[-1] if source.shape else 1
    is_log = op.kind == "LOG_SOFTMAX"
    params = struct.pack("<2IfI", source.elements // depth, depth, op.attrs.get("beta", 1.0), is_log)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [0], op.kind)
