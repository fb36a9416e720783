"""TRANSPOSE: the axes in another order."""

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    order = integers(op, 1, "its permutation")
    rank = len(source.shape)
    if sorted(axis + rank if axis < 0 else axis for axis in order) != list(range(rank)):
        raise LinnetError(f"{op}: {order} is not an order of the {rank} dimensions")
    base = elements(source)
    return copy_step(op, source, output, base, base.transpose(order))
