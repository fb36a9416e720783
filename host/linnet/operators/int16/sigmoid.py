"""LOGISTIC and TANH: int16 -> int16, output scale 1/32768. TFLite Micro's logistic_common.cc and tanh.cc."""

import math
import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import sigmoid_table
from linnet.operators.int16.layer import INT16_MAX, expect_int16
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 262, "SIGMOID_INT16"
TABLE_SCALE = 3 * 4096.0  # of inputs as the table is indexed
FRACTION_BITS = 12
# Powers of two that TFLite takes as shifts alone, by how far they lie above 2^-12.
EXACT_SHIFTS = {"LOGISTIC": (0,), "TANH": (0, 1)}


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int16(op, source, "input")
    expect_int16(op, output, "output")
    expect_elements(op, output, source.elements, "output")
    if abs(math.log2(output.scale) + 15) > 1e-3:
        raise LinnetError(f"{op}: output scale {output.scale}; TFLite's is 1/32768")
    multiplier, shift = _input_factor(op.kind, source.scale)
    if multiplier > INT16_MAX:
        raise LinnetError(f"{op}: the input's scale {source.scale} is too large; at most {INT16_MAX / TABLE_SCALE:.4g} is supported")
    params = struct.pack("<Ii2H", source.elements, multiplier, shift, op.kind == "TANH")
    data = sigmoid_table.values().astype("<u2").tobytes()
    return Step(CODE, NAME, [source], [output], params, data, 0, [0], op.kind)


def _input_factor(kind, scale):
    """(multiplier, shift to the right) from the input to the table's scale."""
    exact = float(np.log(np.float32(scale), dtype=np.float32) * np.float32(1 / math.log(2)))
    rounded = round(exact)
    if abs(exact - rounded) < 1e-3 and rounded + FRACTION_BITS in EXACT_SHIFTS[kind]:
        return 3 << (rounded + FRACTION_BITS), 0
    multiplier, shift = float(scale) * TABLE_SCALE, 0
    while multiplier <= INT16_MAX / 2 and shift <= 30:
        multiplier, shift = 2 * multiplier, shift + 1
    return int(multiplier), shift
