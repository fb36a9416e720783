"""Operators on each element of a float32 tensor alone."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.float32.operands import expect_float32
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 325, "UNARY_FLOAT32"
OPTIONS = None
CLAMPS = {
    "RELU": (0.0, float("inf")), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0), "RELU_0_TO_1": (0.0, 1.0),
}  # fmt: skip
MODES = dict.fromkeys(CLAMPS, 0) | {
    "LEAKY_RELU": 1, "HARD_SWISH": 2, "LOGISTIC": 3, "TANH": 4, "ELU": 5, "EXP": 6, "LOG": 7, "SQRT": 8, "RSQRT": 9,
    "ABS": 10, "NEG": 11, "SQUARE": 12, "FLOOR": 13, "CEIL": 14, "ROUND": 15, "SIN": 16, "COS": 17,
}  # fmt: skip


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_float32(op, source, output)
    expect_elements(op, output, source.elements, "output")
    low, high = CLAMPS.get(op.kind, (op.attrs.get("alpha", 0.0), 0.0))
    params = struct.pack("<2I2f", source.elements, MODES[op.kind], low, high)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [0], op.kind)
