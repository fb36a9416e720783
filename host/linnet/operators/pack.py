"""PACK: inputs of equal shape, side by side along a new axis."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.concatenation import CODE, NAME, concatenation_step
from linnet.operators.strided_copy import axis_of

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "PackOptions"


def read(options):
    return {"axis": options.Axis(), "values_count": options.ValuesCount()}


def lower(op):
    output = op.outputs[0]
    axis = axis_of(op, op.attrs["axis"], len(output.shape))
    shapes = {tensor.shape if tensor is not None else None for tensor in op.inputs}
    if shapes != {(*output.shape[:axis], *output.shape[axis + 1 :])} or len(op.inputs) != output.shape[axis]:
        sources = f"{len(op.inputs)} inputs of {', '.join(sorted(map(str, shapes)))}"
        raise LinnetError(f"{op}: {sources} along axis {axis} do not make {output.shape}")
    return concatenation_step(op, int(np.prod(output.shape[:axis], dtype=np.int64)))
