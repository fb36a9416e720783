"""GELU: int8 -> int8, as a table of LiteRT's function in single precision."""

import math

import numpy as np

from linnet.operators.elementary import real_table
from linnet.operators.lut import CODE, NAME

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "GeluOptions"


def read(options):
    return {"approximate": bool(options.Approximate())}


def lower(op):
    return real_table(op, _approximate if op.attrs["approximate"] else _exact)


def _exact(x):
    half = np.float32(0.5) * x
    return half * np.array([math.erfc(value) for value in (x * np.float32(-math.sqrt(0.5))).tolist()]).astype(np.float32)


def _approximate(x):
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32))
