"""REVERSE_V2: the same elements, last first, along the axes named. A bidirectional layer begins and ends with it."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, axis_of, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    axes = [axis_of(op, axis, len(source.shape)) for axis in integers(op, 1, "its axes")]
    if len(set(axes)) != len(axes):
        raise LinnetError(f"{op}: names an axis twice, {axes}; convert the model again")
    base = elements(source)
    return copy_step(op, source, output, base, np.flip(base, axes))
