"""TILE: the input repeated along each axis."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    times = integers(op, 1, "its multiples")
    if len(times) != len(source.shape) or any(n < 1 for n in times):
        raise LinnetError(f"{op}: repeats {source.shape} {times} times; one number >= 1 a dimension is expected")
    base = elements(source)
    apart = base.reshape([n for size in source.shape for n in (1, size)])
    view = np.broadcast_to(apart, [n for pair in zip(times, source.shape) for n in pair])
    return copy_step(op, source, output, base, view, [n * size for n, size in zip(times, source.shape)])
