"""TANH: int8 -> int8, scale 1/128, zero point 0, as a table. TFLite's reference_integer_ops/tanh.h."""

import numpy as np

from linnet import requant
from linnet.errors import LinnetError
from linnet.operators.lut import CODE, NAME, lut_step
from linnet.operators.operands import expect_int8, expect_operands

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None
INTEGER_BITS = 4


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    if output.zero_point != 0 or output.scale != np.float32(1 / 128):
        raise LinnetError(f"{op}: output scale {output.scale}, zero point {output.zero_point}; TFLite's are 1/128 and 0")
    multiplier, shift = requant.quantize_multiplier(float(source.scale) * (1 << (31 - INTEGER_BITS)))
    radius = requant.input_radius(INTEGER_BITS, shift)

    def tanh(q):
        x = q - source.zero_point
        inside = np.where(np.abs(x) < radius, x, 0)
        y = requant.tanh(requant.requant(inside, multiplier, shift), INTEGER_BITS)
        y = np.clip(requant.rounding_shift(y, 31 - 7), -128, 127)
        return np.where(x <= -radius, -128, np.where(x >= radius, 127, y))

    return lut_step(op, tanh)
