"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL: int8, bool, int32 or int64, broadcast, -> bool.

int8 compares as real values. TFLite's reference/comparisons.h rounds them coarsely; ranks of all bytes say how. With a constant of
one value it is a table.
"""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator
from linnet.operators.elementwise import as_table, walk_step
from linnet.operators.operands import expect_int8, expect_operands, remedy
from linnet.requant import quantize_multiplier, requant

CODE, NAME = 130, "COMPARE"
OPTIONS = None
# (equal or greater, the opposite of it, with the inputs swapped)
RELATIONS = {
    "EQUAL": (0, 0, False), "NOT_EQUAL": (0, 1, False), "GREATER": (1, 0, False), "LESS": (1, 0, True),
    "LESS_EQUAL": (1, 1, False), "GREATER_EQUAL": (1, 1, True),
}  # fmt: skip
FUNCTIONS = {
    "EQUAL": np.equal, "NOT_EQUAL": np.not_equal, "GREATER": np.greater, "LESS": np.less, "LESS_EQUAL": np.less_equal,
    "GREATER_EQUAL": np.greater_equal,
}  # fmt: skip
LEFT_SHIFT = 8
BYTES = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)  # in the order in which the kernel finds their ranks


def lower(op):
    expect_operands(op, 2)
    a, b = op.inputs
    if op.outputs[0].dtype != "bool" or a.dtype != b.dtype:
        raise LinnetError(f"{op}: compares {a.dtype} with {b.dtype} to make {op.outputs[0].dtype}, expected one dtype, and bool")
    if a.dtype not in ("int8", "bool", "int32", "int64"):
        raise LinnetError(f"{op}: inputs are {a.dtype}; {remedy(op, a)}")
    relation, opposite, swapped = RELATIONS[op.kind]
    data = b""
    if a.dtype == "int8":
        scaled = [_scaled(op, tensor, role) for tensor, role in ((a, "input 0"), (b, "input 1"))]
        table = as_table(op, lambda x, y: FUNCTIONS[op.kind](scaled[0](x), scaled[1](y)))
        if table:
            return table
        data = _ranks([of(BYTES) for of in (scaled[::-1] if swapped else scaled)])
    op = Operator(op.kind, [b, a] if swapped else [a, b], op.outputs, op.attrs, op.index)
    return walk_step(op, CODE, NAME, struct.pack("<2BH", relation, opposite, 0), data)


def _scaled(op, tensor, role):
    """What TFLite compares of an input, as a function of its bytes (int64)."""
    expect_int8(op, tensor, role)
    pair = quantize_multiplier(float(tensor.scale))
    return lambda q: requant((q - tensor.zero_point) << LEFT_SHIFT, *pair)


def _ranks(values):
    """The data: (2, 256) int16, the place of either input's every byte in the order of both; none where bytes compare as they are."""
    _, ranks = np.unique(np.concatenate(values), return_inverse=True)
    ranks = ranks.reshape(2, 256)
    if np.array_equal(ranks[0], ranks[1]) and len(np.unique(ranks[0])) == 256:
        return b""
    return ranks.astype("<i2").tobytes()
