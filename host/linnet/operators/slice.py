"""SLICE: a box out of the input, from `begin`, of `size` (-1: all the rest)."""

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 3)
    source, output = op.inputs[0], op.outputs[0]
    begin, size = integers(op, 1, "its begin"), integers(op, 2, "its size")
    rank = len(source.shape)
    if len(begin) != rank or len(size) != rank:
        raise LinnetError(f"{op}: has {len(begin)} begins and {len(size)} sizes for {rank} dimensions")
    ends = [whole if n == -1 else start + n for start, n, whole in zip(begin, size, source.shape)]
    if any(not 0 <= start < end <= whole for start, end, whole in zip(begin, ends, source.shape)):
        raise LinnetError(f"{op}: takes {size} from {begin}, which is not inside {source.shape}")
    base = elements(source)
    return copy_step(op, source, output, base, base[tuple(map(slice, begin, ends))])
