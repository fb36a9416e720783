"""AVERAGE_POOL_2D: taps outside the input are not counted; ties round away from zero."""

from linnet.operators import pool
from linnet.operators.pool import OPTIONS, read

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

CODE, NAME = 4, "AVERAGE_POOL_2D"


def lower(op):
    return pool.lower(op, CODE, NAME)
