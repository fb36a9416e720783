"""SQUEEZE and EXPAND_DIMS: a RESHAPE to the output's shape."""

from linnet.operators.operands import expect_elements, expect_operands
from linnet.operators.reshape import CODE, NAME, reshape_step
from linnet.operators.strided_copy import expect_same_dtype

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "SqueezeOptions"


def read(options):
    return {"squeeze_dims": options.SqueezeDimsAsNumpy().tolist() if options.SqueezeDimsLength() else []}


def lower(op):
    expect_operands(op, 2, optional=1)
    source, output = op.inputs[0], op.outputs[0]
    expect_same_dtype(op, source, output)
    expect_elements(op, output, source.elements, "output")
    return reshape_step(op, source, output)
