"""Operands of different shapes, as NumPy broadcasts them, turned into the walk of device/kernels/math/linnet_broadcast.h."""

import math
import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Tensor

RANK = 5  # dimensions that are left once neighbours are joined
INPUTS = 3
FIELDS = f"{RANK}I:dims {INPUTS * RANK}I:strides"
# A row shorter than this costs more to begin than to run through: small constants are repeated to make rows longer.
LONG_ROW = 32
REPEATED_BYTES = 512


def broadcast(op, inputs, output):
    """(the walk's params as bytes, the inputs to use): constants may be repeated a few times to make the rows longer.

    inputs: tensors whose shapes broadcast to that of `output`; LinnetError where they do not.
    """
    shape = output.shape
    for tensor in inputs:
        if not _broadcasts(tensor.shape, shape):
            shapes = " and ".join(str(t.shape) for t in inputs)
            raise LinnetError(f"{op}: inputs of the shapes {shapes} do not make {shape}")
    dims, strides = _collapse(shape, [_strides(tensor.shape, shape) for tensor in inputs])
    inputs, dims, strides = _lengthen(list(inputs), dims, strides)
    if len(dims) > RANK:
        raise LinnetError(f"{op}: its inputs repeat along too many dimensions in turn; reshape them to at most {RANK}")
    missing = RANK - len(dims)
    rows = [[0] * missing + row for row in strides] + [[0] * RANK] * (INPUTS - len(inputs))
    return struct.pack(f"<{RANK * (1 + INPUTS)}I", *[1] * missing, *dims, *sum(rows, [])), inputs


def same_shape(tensor, output):
    """The tensor has the output's shape, but for leading ones."""
    return _trimmed(tensor.shape) == _trimmed(output.shape)


def _trimmed(shape):
    return shape[next((i for i, size in enumerate(shape) if size != 1), len(shape)) :]


def _broadcasts(shape, to):
    try:
        return np.broadcast_shapes(shape, to) == tuple(to)
    except ValueError:
        return False


def _strides(shape, to):
    """Elements from one index to the next along each dimension of `to`, 0 where the operand is repeated."""
    shape = (1,) * (len(to) - len(shape)) + tuple(shape)
    return [0 if size == 1 else math.prod(shape[axis + 1 :]) for axis, size in enumerate(shape)]


def _collapse(dims, strides):
    """The same walk in as few dimensions as possible: (dims, strides of each operand)."""
    kept = [axis for axis, size in enumerate(dims) if size != 1]
    out, rows = [], [[] for _ in strides]
    for axis in kept:
        if out and all(row[-1] == stride[axis] * dims[axis] for row, stride in zip(rows, strides)):
            out[-1] *= dims[axis]
            for row, stride in zip(rows, strides):
                row[-1] = stride[axis]
        else:
            out.append(dims[axis])
            for row, stride in zip(rows, strides):
                row.append(stride[axis])
    return (out, rows) if out else ([1], [[0] for _ in strides])


def _lengthen(inputs, dims, strides):
    """Joins short rows where the operands repeated along them are constants small enough to be written out."""
    if len(dims) < 2 or dims[-1] >= LONG_ROW:
        return inputs, dims, strides
    repeated = [i for i, row in enumerate(strides) if row[-2] == 0 and row[-1] != 0]
    others = [row for i, row in enumerate(strides) if i not in repeated]
    fits = all(row[-2] == row[-1] * dims[-1] for row in others)
    plain = all(inputs[i].data is not None and strides[i][:-2] == [0] * (len(dims) - 2) for i in repeated)
    if not repeated or not fits or not plain:
        return inputs, dims, strides
    size = dims[-1] * np.dtype(inputs[repeated[0]].dtype).itemsize
    times = next((k for k in range(min(dims[-2], REPEATED_BYTES // size), 1, -1) if dims[-2] % k == 0), 1)
    if times == 1:
        return inputs, dims, strides
    for i in repeated:
        inputs[i] = _repeat(inputs[i], times)
    dims = [*dims[:-2], dims[-2] // times, dims[-1] * times]
    strides = [[*row[:-2], 0 if i in repeated else row[-1] * dims[-1], row[-1]] for i, row in enumerate(strides)]
    if dims[-2] == 1:
        dims, strides = [*dims[:-2], dims[-1]], [[*row[:-2], row[-1]] for row in strides]
    return inputs, dims, strides


def _repeat(tensor, times):
    data = np.tile(tensor.data.ravel(), times)
    return Tensor(tensor.name, data.shape, tensor.dtype, tensor.quant, data)
