"""L2_NORMALIZATION: int8 (rows, depth) -> the same, each row divided by its length."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import activation
from linnet.operators.operands import expect_elements, expect_int8, expect_operands

CODE, NAME = 162, "L2_NORMALIZATION"
OPTIONS = "L2NormOptions"
OUTPUT = (1 / 128, 0)  # the scale and zero point that TFLite's kernels take for granted
MAX_DEPTH = 1 << 15


def read(options):
    return {"fused_activation": activation.read(options)}


def lower(op):
    expect_operands(op, 1)
    x, y = op.inputs[0], op.outputs[0]
    expect_int8(op, x, "input")
    expect_int8(op, y, "output")
    expect_elements(op, y, x.elements, "output")
    depth = x.shape[-1] if x.shape else 1
    if op.attrs["fused_activation"] != "NONE":
        raise LinnetError(f"{op}: the fused activation {op.attrs['fused_activation']} is not supported; make it a layer of its own")
    if (float(y.scale), y.zero_point) != OUTPUT:
        raise LinnetError(f"{op}: output has scale {y.scale} and zero point {y.zero_point}, expected 1/128 and 0; convert the model again")
    if depth > MAX_DEPTH:
        raise LinnetError(f"{op}: rows of {depth} are longer than {MAX_DEPTH}")
    params = struct.pack("<2Ii", x.elements // depth, depth, x.zero_point)
    return Step(CODE, NAME, [x], [y], params, b"", 0, [0], op.kind)
