"""PAD, PADV2: a constant around the input, of any dtype; PAD's is the real value 0."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import (
    expect_constant,
    expect_operands,
    expect_per_tensor,
    expect_same_quant,
    identical_quant,
)
from linnet.operators.strided_copy import expect_same_dtype
from linnet.overlap import runs_overlap, steps_overlap

CODE, NAME = 7, "PAD"
OPTIONS = None
MAX_RANK = 4
MAX_SIZE = 0xFFFFFF


def lower(op):
    expect_operands(op, 3 if op.kind == "PADV2" else 2)
    source, output = op.inputs[0], op.outputs[0]
    expect_same_dtype(op, source, output)
    if source.quant is not None and source.dtype in ("int8", "uint8"):
        expect_per_tensor(op, source, "input")
        expect_per_tensor(op, output, "output")
        expect_same_quant(op, op.kind)
    pads = amounts(op)
    if tuple(np.array(source.shape) + pads.sum(axis=1)) != output.shape or np.any(pads < 0):
        raise LinnetError(f"{op}: {source.shape} padded by {pads.tolist()} is not {output.shape}")
    size = np.dtype(source.dtype).itemsize
    axes = _collapse([(n, *pair) for n, pair in zip(source.shape, pads.tolist())])
    axes[-1] = tuple(n * size for n in axes[-1])
    if len(axes) > MAX_RANK or max(map(max, axes)) > MAX_SIZE:
        raise LinnetError(f"{op}: {source.shape} padded by {pads.tolist()} has too many dimensions, or too large ones")
    axes = [(1, 0, 0)] * (MAX_RANK - len(axes)) + axes
    params = struct.pack("<12Ii", *(n for column in zip(*axes) for n in column), _value(op))
    return Step(CODE, NAME, [source], [output], params, b"", 0, [_overlap(axes, source.bytes)], op.kind)


def amounts(op):
    """(rank, 2) int64: elements before and after, per dimension."""
    pads = expect_constant(op, op.inputs[1], "its paddings")
    rank = len(op.inputs[0].shape)
    if rank == 0 or pads.shape != (rank, 2) or op.inputs[1].dtype not in ("int32", "int64"):
        raise LinnetError(f"{op}: paddings are {op.inputs[1].dtype} {pads.shape}, expected int32 ({rank}, 2)")
    return pads.astype(np.int64)


def _value(op):
    """What is put around, as the low bits of an int32."""
    output = op.outputs[0]
    if op.kind != "PADV2":
        return output.zero_point
    tensor = op.inputs[2]
    value = expect_constant(op, tensor, "its value").reshape(-1)
    if len(value) != 1 or tensor.dtype != output.dtype:
        found = f"{len(value)} values of {tensor.dtype}"
        raise LinnetError(f"{op}: pads {output.dtype} with {found}; one of the same dtype is expected")
    if output.dtype in ("int8", "uint8") and tensor.quant and output.quant and not identical_quant(tensor, output):
        raise LinnetError(f"{op}: its value is quantized otherwise than its output; convert the model again")
    if output.dtype == "float32":
        return int(value.view(np.int32)[0])
    if not -(2**31) <= int(value[0]) < 2**31:
        raise LinnetError(f"{op}: pads with {value[0]}, which is not within int32")
    return int(value[0])


def _collapse(axes):
    """[(size, before, after)] of as few dimensions: one without padding joins the one before it."""
    found = []
    for n, before, after in axes:
        if found and not before and not after:
            found[-1] = tuple(size * n for size in found[-1])
        else:
            found.append((n, before, after))
    return found


def _overlap(axes, in_bytes):
    """The kernel goes over rows: it moves one, then fills what is before it."""
    starts = np.zeros(1, np.int64)  # of the rows in the output
    for n, before, after in axes[:-1]:
        if len(starts) * n > runs_overlap.MOST:
            return None
        starts = ((starts * (before + n + after))[:, None] + before + np.arange(n)).reshape(-1)
    run, before, after = axes[-1]
    written = starts * (before + run + after) + before + run
    return steps_overlap(written, (np.arange(len(starts)) + 1) * run, in_bytes)
