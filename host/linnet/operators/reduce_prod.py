"""REDUCE_PROD: of sizes, which are constants once shapes are fixed."""

from linnet.operators.constants import CODE, NAME, lower
from linnet.operators.reduce import OPTIONS, read

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]
