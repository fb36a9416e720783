"""TILE: the input repeated along each axis."""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None
MAX_AXES = 3  # repeated at once: each takes two loops


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    times = integers(op, 1, "its multiples")
    if len(times) != len(source.shape) or any(n < 1 for n in times):
        raise LinnetError(f"{op}: repeats {source.shape} {times} times; one number >= 1 a dimension is expected")
    if sum(n > 1 for n in times) > MAX_AXES:  # the inner half of the axes first
        half = len(times) // 2
        shape = *source.shape[:half], *output.shape[half:]
        between = Tensor(f"{output.name} in part", shape, source.dtype, source.quant)
        parts = (source, [1] * half + times[half:], between), (between, times[:half] + [1] * (len(times) - half), output)
        return [lower(Operator("TILE", [a, _constant(n)], [b], op.attrs, op.index)) for a, n, b in parts]
    base = elements(source)
    apart = base.reshape([n for size in source.shape for n in (1, size)])
    view = np.broadcast_to(apart, [n for pair in zip(times, source.shape) for n in pair])
    return copy_step(op, source, output, base, view, [n * size for n, size in zip(times, source.shape)])


def _constant(values):
    return Tensor("multiples", (len(values),), "int32", data=np.array(values, np.int32))
