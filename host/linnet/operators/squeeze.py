"""SQUEEZE and EXPAND_DIMS: a RESHAPE. The output has the new shape; which axes they name need not be known."""

from linnet.operators.operands import expect_elements, expect_operands
from linnet.operators.reshape import CODE, NAME, reshape_step
from linnet.operators.strided_copy import expect_same_dtype

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2, optional=1)
    source, output = op.inputs[0], op.outputs[0]
    expect_same_dtype(op, source, output)
    expect_elements(op, output, source.elements, "output")
    return reshape_step(op, source, output)
