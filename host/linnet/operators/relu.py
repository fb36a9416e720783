"""RELU, RELU6, RELU_N1_TO_1 and RELU_0_TO_1 that no layer could take in: int8 -> int8, rescaled. TFLite's ReluQuantized, as a table.

(TFLite Micro's RELU6 does not rescale; it agrees wherever input and output are quantized alike.)
"""

import numpy as np

from linnet.operators.lut import CODE, NAME, lut_step
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import activation_range, quantize_multiplier, requant

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    multiplier, shift = quantize_multiplier(float(np.float32(source.scale) / np.float32(output.scale)))
    low, high = activation_range(op.kind, output.scale, output.zero_point)

    def relu(q):
        return np.clip(requant(q - source.zero_point, multiplier, shift) + output.zero_point, low, high)

    return lut_step(op, relu)
