"""SHAPE and RANGE: constants, once shapes are fixed. The pass fold_constants computes them; here they say what is missing."""

from linnet.errors import LinnetError
from linnet.operators.reshape import CODE, NAME

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    raise LinnetError(f"{op}: its operands must be constant; export the model with fixed shapes")
