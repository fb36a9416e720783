"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN: int8 -> int8 over any axes; REDUCE_ANY, REDUCE_ALL of bool. TFLite's reference/reduce.h."""

import math
import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_constant, expect_elements, expect_int8, expect_operands, expect_same_quant
from linnet.requant import quantize_multiplier

CODE, NAME = 133, "REDUCE"
OPTIONS = "ReducerOptions"
MODES = {"SUM": 0, "MEAN": 0, "REDUCE_MAX": 1, "REDUCE_ANY": 1, "REDUCE_MIN": 2, "REDUCE_ALL": 2}
N_AXES = 3


def read(options):
    return {"keep_dims": bool(options.KeepDims())}


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    if op.kind in ("REDUCE_ANY", "REDUCE_ALL"):
        if source.dtype != "bool" or output.dtype != "bool":
            raise LinnetError(f"{op}: makes {output.dtype} of {source.dtype}; only bool is supported")
    else:
        expect_int8(op, source, "input")
        expect_int8(op, output, "output")
    axes = reduced_axes(op)
    n = math.prod(source.shape[axis] for axis in axes)
    expect_elements(op, output, source.elements // n, "output")
    multiplier = shift = 0
    if op.kind in ("MEAN", "SUM"):
        multiplier, shift = factor(op, n)
    elif op.kind in ("REDUCE_MAX", "REDUCE_MIN"):
        expect_same_quant(op, op.kind)
    kept, reduced = groups(op, source.shape, axes)
    params = struct.pack(
        "<12I2h4B2i", *kept, *reduced, source.zero_point, output.zero_point, MODES[op.kind], 0, 0, 0, multiplier, shift
    )
    return Step(CODE, NAME, [source], [output], params, b"", 0, [None], op.kind)


def reduced_axes(op):
    """The set of axes, each from 0."""
    axes = expect_constant(op, op.inputs[1], "its axes")
    rank = len(op.inputs[0].shape)
    for axis in axes.ravel().tolist():
        if not -rank <= axis < rank:
            raise LinnetError(f"{op}: axis {axis} lies outside its input's {rank} dimensions")
    return {axis % rank for axis in axes.ravel().tolist()}


def factor(op, n):
    """(multiplier, shift) of a sum of n values; that of a MEAN has 1 / n in it. TFLite's QuantizedMeanOrSum."""
    multiplier, shift = quantize_multiplier(float(op.inputs[0].scale) / float(op.outputs[0].scale))
    if op.kind == "MEAN":
        bits = min(n.bit_length() - 1, 32, 31 + shift)
        multiplier, shift = (multiplier << bits) // n, shift - bits
    return multiplier, shift


def groups(op, shape, axes):
    """Sizes and strides of the kept axes and of the reduced ones, neighbours joined, each filled up with ones in front."""
    joined = []  # [is reduced, size, stride]
    stride = math.prod(shape)
    for axis, size in enumerate(shape):
        stride //= size
        if size == 1:
            continue
        if joined and joined[-1][0] == (axis in axes):
            joined[-1][1:] = joined[-1][1] * size, stride
        else:
            joined.append([axis in axes, size, stride])
    found = []
    for is_reduced in (False, True):
        mine = [group for group in joined if group[0] == is_reduced]
        if len(mine) > N_AXES:
            raise LinnetError(f"{op}: keeps and reduces too many axes in turn; supported are {N_AXES} groups of neighbours")
        mine = [[is_reduced, 1, 0]] * (N_AXES - len(mine)) + mine
        found.append([group[1] for group in mine] + [group[2] for group in mine])
    return found
