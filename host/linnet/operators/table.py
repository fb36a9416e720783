"""A table that a pass has put in the place of several operators: int8 -> int8. No file has it."""

from linnet.errors import LinnetError
from linnet.operators.lut import CODE, NAME, lut_step

__all__ = ["CODE", "KIND", "NAME", "OPTIONS", "lower"]

KIND = "TABLE"
OPTIONS = None


def lower(op):
    if "values" not in op.attrs:
        raise LinnetError(f"{op}: is no operator of TFLite's")
    step = lut_step(op, lambda q: op.attrs["values"][q + 128])
    step.kind = ", ".join(op.attrs["kinds"])
    return step
