"""PRELU: int8 x (...) and int8 alpha, broadcast, -> int8. One alpha for all makes it a LUT. TFLite Micro's prelu_common.cc."""

import struct

import numpy as np

from linnet.operators.elementwise import as_table, scale_of, walk_step
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import quantize_multiplier, requant

CODE, NAME = 129, "PRELU"
OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    (x, alpha), output = op.inputs, op.outputs[0]
    for role, tensor in (("input", x), ("alpha", alpha), ("output", output)):
        expect_int8(op, tensor, role)
    positive = quantize_multiplier(float(x.scale) / float(output.scale))
    negative = quantize_multiplier(float(x.scale) * float(alpha.scale) / float(output.scale))

    def of(q, a):
        value = q - x.zero_point
        low = requant(value * (a - alpha.zero_point), *negative)
        return np.clip(np.where(value >= 0, requant(value, *positive), low) + output.zero_point, -128, 127)

    pairs = zip(positive, negative)  # multipliers, shifts
    params = struct.pack("<3hH4i", x.zero_point, alpha.zero_point, output.zero_point, 0, *(value for pair in pairs for value in pair))
    return as_table(op, of) or walk_step(op, CODE, NAME, params, _scales(x, alpha, output, positive, negative))


def _scales(x, alpha, output, positive, negative):
    """The data: a scale of x >= 0, one of x * alpha; none where either cannot be exact."""
    lowest = -128 - x.zero_point
    products = [lowest * (a - alpha.zero_point) for a in (-128, 127)]
    above = scale_of(0, 127 - x.zero_point, *positive, output.zero_point, -128, 127)
    below = scale_of(min(0, *products), max(0, *products), *negative, output.zero_point, -128, 127)
    return above + below if above and below else b""
