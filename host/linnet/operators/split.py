"""SPLIT: equal shares of the input along an axis, a Step for each. SPLIT_V and UNPACK share how."""

from linnet.errors import LinnetError
from linnet.operators.strided_copy import (
    CODE,
    NAME,
    axis_of,
    copy_step,
    elements,
    integers,
)

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read", "split_steps"]

OPTIONS = "SplitOptions"


def read(options):
    return {"num_splits": options.NumSplits()}


def lower(op):
    """SPLIT has its axis first, SPLIT_V last."""
    n_operands = 2 if op.kind == "SPLIT" else 3
    if len(op.inputs) != n_operands or None in op.inputs:
        raise LinnetError(f"{op}: has {len(op.inputs)} inputs, expected {n_operands}")
    at, source = (0, op.inputs[1]) if op.kind == "SPLIT" else (2, op.inputs[0])
    axis = axis_of(op, integers(op, at, "its axis")[0], len(source.shape))
    shares = [output.shape[axis] if len(output.shape) == len(source.shape) else 0 for output in op.outputs]
    if sum(shares) != source.shape[axis] or (op.kind == "SPLIT" and len(set(shares)) > 1):
        raise LinnetError(f"{op}: splits {source.shape} along axis {axis} into {[t.shape for t in op.outputs]}")
    ends = [sum(shares[: i + 1]) for i in range(len(shares))]
    return split_steps(op, source, [(slice(None),) * axis + (slice(end - n, end),) for n, end in zip(shares, ends)])


def split_steps(op, source, indices):
    """A Step for each output: the input at a NumPy index."""
    base = elements(source)
    return [copy_step(op, source, output, base, base[(*index, ...)]) for output, index in zip(op.outputs, indices)]
