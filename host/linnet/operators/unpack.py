"""UNPACK: each index of an axis becomes an output of its own, without that axis."""

from linnet.errors import LinnetError
from linnet.operators.split import split_steps
from linnet.operators.strided_copy import CODE, NAME, axis_of

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "UnpackOptions"


def read(options):
    return {"axis": options.Axis(), "num": options.Num()}


def lower(op):
    source = op.inputs[0]
    axis = axis_of(op, op.attrs["axis"], len(source.shape))
    if len(op.outputs) != source.shape[axis]:
        raise LinnetError(f"{op}: makes {len(op.outputs)} outputs of {source.shape} along axis {axis}")
    return split_steps(op, source, [(slice(None),) * axis + (i,) for i in range(len(op.outputs))])
