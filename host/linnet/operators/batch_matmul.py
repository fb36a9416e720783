"""BATCH_MATMUL: int8 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols); either may be transposed or constant."""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Quantization, Tensor
from linnet.operators import fully_connected, product
from linnet.operators.operands import expect_int8, expect_operands

CODE, NAME = product.CODE, product.NAME
OPTIONS = "BatchMatMulOptions"
MAX_RANK = product.N_BATCH_DIMS + 2


def read(options):
    return {"adj_x": bool(options.AdjX()), "adj_y": bool(options.AdjY()), "fused_activation": "NONE"}


def lower(op):
    expect_operands(op, 2)
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", op.outputs[0])):
        expect_int8(op, tensor, role)
    sizes, walk, batches, strides = product_of(op)
    if is_dense(op):
        return fully_connected.lower(_dense(op))
    return product.lower(op, fully_connected.factors(op, 1)[0], sizes, walk, batches, strides)


def product_of(op):
    """How the operands are walked, as product.lower wants it: sizes, walk, batches, strides."""
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", op.outputs[0])):
        if not 2 <= len(tensor.shape) <= MAX_RANK:
            raise LinnetError(f"{op}: the shape of its {role} is {tensor.shape}, expected 2 to {MAX_RANK} dimensions")
    a, b = op.inputs
    (rows, depth, *a_walk), (cols, depth_b, *b_walk) = _rows(a, op.attrs["adj_x"]), _rows(b, not op.attrs["adj_y"])
    if depth != depth_b:
        raise LinnetError(f"{op}: multiplies rows of {depth} with columns of {depth_b}")
    batches = _batches(op)
    if _batch_dims(op.outputs[0]) != batches or op.outputs[0].shape[-2:] != (rows, cols):
        raise LinnetError(f"{op}: makes {(*batches, rows, cols)}, the output is {op.outputs[0].shape}")
    strides = [_batch_strides(tensor) for tensor in (a, b)]
    # Batches of one second operand: rows of one matrix, where they follow each other.
    if not op.attrs["adj_x"] and not any(strides[1]) and _batch_dims(a) == batches:
        rows, batches, strides = rows * int(np.prod(batches)), (1,) * len(batches), [(0,) * len(batches)] * 2
    return (rows, depth, cols), (*a_walk, *b_walk), batches, strides


def _rows(tensor, is_transposed):
    """(n, depth, elements from one of the n to the next, elements along the depth) of an operand that is n vectors."""
    *_, n, depth = tensor.shape
    return (depth, n, 1, depth) if is_transposed else (n, depth, depth, 1)


def _batch_dims(tensor):
    """(3,): the dimensions before the matrix."""
    return (1,) * (MAX_RANK - len(tensor.shape)) + tuple(tensor.shape[:-2])


def _batches(op):
    a, b = (_batch_dims(tensor) for tensor in op.inputs)
    if any(m != n and 1 not in (m, n) for m, n in zip(a, b)):
        raise LinnetError(f"{op}: batches of {op.inputs[0].shape} and {op.inputs[1].shape} do not go together")
    return tuple(max(pair) for pair in zip(a, b))


def _batch_strides(tensor):
    """(3,): elements from one matrix to the next, 0 where there is one."""
    dims = _batch_dims(tensor)
    sizes = [int(np.prod([*dims[i + 1 :], *tensor.shape[-2:]], dtype=np.int64)) for i in range(len(dims))]
    return tuple(0 if n == 1 else size for n, size in zip(dims, sizes))


def is_dense(op):
    """Whether it is a dense layer: rows that follow each other, by one constant matrix without a zero point."""
    a, b = op.inputs
    return a.data is None and b.data is not None and b.zero_point == 0 and not op.attrs["adj_x"] and not any(_batch_strides(b))


def _dense(op):
    """The same product as a FULLY_CONNECTED, weights (cols, depth)."""
    a, b = op.inputs
    data = b.data.reshape(b.shape[-2:])
    data = np.ascontiguousarray(data if op.attrs["adj_y"] else data.T)
    weights = Tensor(b.name, data.shape, b.dtype, Quantization(b.quant.scale, b.quant.zero_point), data, b.source)
    return Operator(op.kind, [a, weights], op.outputs, op.attrs, op.index)
