"""The product of two tensors: what BATCH_MATMUL becomes, and FULLY_CONNECTED whose weights are no plain constant."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import window
from linnet.requant import quantize_multiplier

CODE, NAME = 161, "BATCH_MATMUL"
N_BATCH_DIMS = 3
MAX_SIZE = 1 << 24


def lower(op, factor, sizes, walk, batches=(1,) * N_BATCH_DIMS, strides=((0,) * N_BATCH_DIMS,) * 2, bias=b""):
    """The Step of inputs 0 and 1 multiplied.

    factor: what sums are multiplied with. sizes: rows, depth, columns. walk: elements from row to row and along the depth of
    input 0, from column to column and along the depth of input 1. batches (3,), strides: of either input from matrix to matrix
    (3,), 0 where it is repeated. bias: nothing, or an int32 per column.
    """
    if max(*sizes, *batches) > MAX_SIZE:
        raise LinnetError(f"{op}: rows, depth, columns or batches are more than {MAX_SIZE}")
    try:
        multiplier, shift = quantize_multiplier(float(factor))
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    params = struct.pack("<16I2i", *batches, *strides[0], *strides[1], *sizes, *walk, multiplier, shift)
    params += window.pack_requant(op) + struct.pack("<hH", op.inputs[1].zero_point, 0)
    macs = int(np.prod([*batches, *sizes], dtype=np.int64))
    return Step(CODE, NAME, op.inputs[:2], op.outputs, params, bias, macs, [None, None], op.kind)
