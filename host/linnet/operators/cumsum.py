"""CUMSUM along one axis: int8 -> int8, requantized, or int32 -> int32. TFLite Micro's cumsum.cc."""

import math
import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_int8, expect_operands
from linnet.operators.reduce import reduced_axes
from linnet.requant import quantize_multiplier

CODE, NAME = 136, "CUMSUM"
OPTIONS = "CumsumOptions"
LEFT_SHIFT = 20


def read(options):
    return {"exclusive": bool(options.Exclusive()), "reverse": bool(options.Reverse())}


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    expect_elements(op, output, source.elements, "output")
    factor = 0, 0
    if source.dtype != "int32" or output.dtype != "int32":
        expect_int8(op, source, "input")
        expect_int8(op, output, "output")
        factor = sum_factor(op, source, output)
    axes = reduced_axes(op)
    if len(axes) != 1:
        raise LinnetError(f"{op}: has {len(axes)} axes, supported is one")
    (axis,) = axes
    sizes = math.prod(source.shape[:axis]), source.shape[axis], math.prod(source.shape[axis + 1 :])
    zero_points = (source.zero_point, output.zero_point) if source.dtype == "int8" else (0, 0)
    params = struct.pack("<3I2h2BH2i", *sizes, *zero_points, op.attrs["exclusive"], op.attrs["reverse"], 0, *factor)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [0], op.kind)


def sum_factor(op, source, output):
    """(multiplier, shift) of sums of values at half their scale times 2^20."""
    multiplier, shift = quantize_multiplier(2 * float(source.scale) / ((1 << LEFT_SHIFT) * float(output.scale)))
    if shift > 0:
        raise LinnetError(f"{op}: the output's scale {output.scale} is too small beside the input's {source.scale}")
    return multiplier, shift
