"""PAD: one-byte elements, up to four dimensions; the padding is the real value 0."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_constant, expect_operands, expect_per_tensor, expect_same_quant, remedy

CODE, NAME = 7, "PAD"
OPTIONS = None
MAX_RANK = 4


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    if source.dtype not in ("int8", "uint8") or output.dtype != source.dtype:
        raise LinnetError(f"{op}: input is {source.dtype}; {remedy(op, source)}")
    expect_per_tensor(op, source, "input")
    expect_per_tensor(op, output, "output")
    expect_same_quant(op, "PAD")
    pads = amounts(op)
    rank = len(source.shape)
    if rank > MAX_RANK:
        raise LinnetError(f"{op}: has {rank} dimensions, supported are up to {MAX_RANK}")
    if np.any(pads < 0) or max(max(source.shape), int(pads.max())) > 0xFFFF:
        raise LinnetError(f"{op}: its sizes or paddings lie outside 0 ... 65535")
    if tuple(np.array(source.shape) + pads.sum(axis=1)) != output.shape:
        raise LinnetError(f"{op}: {source.shape} padded by {pads.tolist()} is not {output.shape}")
    fill = [0] * (MAX_RANK - rank)
    sizes = [1] * (MAX_RANK - rank) + list(source.shape)
    params = struct.pack("<12Ii", *sizes, *fill, *pads[:, 0].tolist(), *fill, *pads[:, 1].tolist(), output.zero_point)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [None], op.kind)


def amounts(op):
    """(rank, 2) int64: elements before and after, per dimension."""
    pads = expect_constant(op, op.inputs[1], "its paddings")
    rank = len(op.inputs[0].shape)
    if rank == 0 or pads.shape != (rank, 2) or op.inputs[1].dtype not in ("int32", "int64"):
        raise LinnetError(f"{op}: paddings are {op.inputs[1].dtype} {pads.shape}, expected int32 ({rank}, 2)")
    return pads.astype(np.int64)
