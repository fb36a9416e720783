"""LEAKY_RELU: int8 -> int8, as a table. TFLite's reference/leaky_relu.h; factors in single precision, as TFLite Micro's."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.lut import CODE, NAME, lut_step
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import quantize_multiplier, requant

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "LeakyReluOptions"


def read(options):
    return {"alpha": options.Alpha()}


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    alpha = np.float32(op.attrs["alpha"])
    if not alpha >= 0:
        raise LinnetError(f"{op}: alpha is {alpha}; supported are slopes from 0 up")
    positive = quantize_multiplier(float(source.scale / output.scale))
    negative = quantize_multiplier(float(source.scale * alpha / output.scale))

    def leaky_relu(q):
        x = q - source.zero_point
        return np.clip(np.where(x >= 0, requant(x, *positive), requant(x, *negative)) + output.zero_point, -128, 127)

    return lut_step(op, leaky_relu)
