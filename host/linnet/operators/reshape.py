"""RESHAPE: the same bytes under another shape. The new shape is the output's; a shape operand is not needed."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_operands

CODE, NAME = 8, "RESHAPE"
OPTIONS = None


def lower(op):
    expect_operands(op, 2, optional=1)
    source, output = op.inputs[0], op.outputs[0]
    if source.dtype != output.dtype:
        raise LinnetError(f"{op}: makes {output.dtype} of {source.dtype}; a reshape keeps the dtype")
    expect_elements(op, output, source.elements, "output")
    return reshape_step(op, source, output)


def reshape_step(op, source, output):
    """The Step that gives `output` the bytes of `source`."""
    # A move either way is exact, so any overlap is.
    return Step(CODE, NAME, [source], [output], b"", b"", 0, [-source.bytes], op.kind)
