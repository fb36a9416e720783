"""BROADCAST_TO, and FILL with a value that is not constant: the input repeated to the output's shape, as NumPy does."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    # FILL has the shape first, the value second.
    source, output = op.inputs[1 if op.kind == "FILL" else 0], op.outputs[0]
    base = elements(source)
    try:
        view = np.broadcast_to(base, output.shape)
    except ValueError:
        raise LinnetError(f"{op}: {source.shape} cannot be repeated to {output.shape}") from None
    return copy_step(op, source, output, base, view)
