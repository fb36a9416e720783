"""LOGISTIC: int8 -> int8, scale 1/256, zero point -128. TFLite's reference_integer_ops/logistic.h, as a table."""

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
    if output.zero_point != -128 or output.scale != np.float32(1 / 256):
        raise LinnetError(f"{op}: output scale {output.scale}, zero point {output.zero_point}; TFLite's are 1/256 and -128")
    return lut_step(op, lambda q: logistic(q - source.zero_point, source.scale))


def logistic(x, scale):
    """int8 outputs of inputs x (int64, zero point removed) at this scale."""
    multiplier, shift = requant.quantize_multiplier(float(scale) * (1 << (31 - INTEGER_BITS)))
    radius = requant.input_radius(INTEGER_BITS, shift)
    inside = np.where(np.abs(x) < radius, x, 0)
    y = requant.logistic(requant.requant(inside, multiplier, shift), INTEGER_BITS)
    y = np.clip(requant.rounding_shift(y, 31 - 8) - 128, -128, 127)
    return np.where(x <= -radius, -128, np.where(x >= radius, 127, y))
