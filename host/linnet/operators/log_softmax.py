"""LOG_SOFTMAX: int8 (rows, depth) -> int8, scale 1/16, zero point 127. What depends on differences to the maximum are tables."""

import struct

import numpy as np

from linnet import requant
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_int8, expect_operands
from linnet.operators.softmax import INTEGER_BITS, exponentials

CODE, NAME = 135, "LOG_SOFTMAX"
OPTIONS = None
MAX_DEPTH = 4095


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    expect_elements(op, output, source.elements, "output")
    if output.zero_point != 127 or output.scale != np.float32(1 / 16):
        raise LinnetError(f"{op}: output scale {output.scale}, zero point {output.zero_point}; TFLite's are 1/16 and 127")
    depth = source.shape[-1] if source.shape else 1
    if depth > MAX_DEPTH:
        raise LinnetError(f"{op}: {depth} classes are more than {MAX_DEPTH}")
    exp = requant.rounding_shift(exponentials(op, np.float64(source.scale)), 12)  # Q12.19, of which TFLite makes the sum
    factor = min(float(source.scale) * (1 << (31 - INTEGER_BITS)), (1 << 31) - 1.0)
    multiplier, shift = requant.quantize_multiplier(factor)
    radius = requant.input_radius(INTEGER_BITS, shift)
    k = np.arange(256)
    diff = requant.requant(np.where(k <= radius, -k, 0), multiplier, shift)  # Q5.26
    back = requant.quantize_multiplier((1 << (31 - shift)) / multiplier)
    params = struct.pack("<2I3i", source.elements // depth, depth, -radius, *back)
    data = np.concatenate([exp, diff]).astype("<i4").tobytes()
    return Step(CODE, NAME, [source], [output], params, data, 0, [0], op.kind)
