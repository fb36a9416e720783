"""MAX_POOL_2D: taps outside the input do not take part."""

from linnet.operators import pool
from linnet.operators.pool import OPTIONS, read

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

CODE, NAME = 5, "MAX_POOL_2D"


def lower(op):
    return pool.lower(op, CODE, NAME)
