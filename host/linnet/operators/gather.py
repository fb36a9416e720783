"""GATHER: elements along an axis at given indices. Constant indices become strides or a table, others are read on the device."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.indexed_copy import elements_strides, tables_step
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import (
    axis_of,
    copy_step,
    elements,
    expect_same_dtype,
)

CODE, NAME = 68, "GATHER"
OPTIONS = "GatherOptions"
MAX_INDICES = 5


def read(options):
    return {"axis": options.Axis(), "batch_dims": options.BatchDims()}


def lower(op):
    expect_operands(op, 2)
    source, indices = op.inputs
    output = op.outputs[0]
    expect_same_dtype(op, source, output)
    expect_indices(op, indices)
    axis = axis_of(op, op.attrs["axis"], len(source.shape))
    batch_dims = op.attrs.get("batch_dims", 0)
    batch_dims += len(indices.shape) if batch_dims < 0 else 0
    if not 0 <= batch_dims <= min(axis, len(indices.shape)) or source.shape[:batch_dims] != indices.shape[:batch_dims]:
        raise LinnetError(f"{op}: has {batch_dims} batch dimensions in {source.shape} and {indices.shape}, axis {axis}")
    shape = *source.shape[:axis], *indices.shape[batch_dims:], *source.shape[axis + 1 :]
    if shape != output.shape:
        raise LinnetError(f"{op}: makes {shape} of {source.shape}, but its output is {output.shape}")
    batches, outer = _product(source.shape[:batch_dims]), _product(source.shape[batch_dims:axis])
    run = elements_strides(source)[axis]
    sizes = batches, outer, indices.elements // batches, run * source.shape[axis], run
    if indices.data is not None:
        return _constant(op, indices, axis, sizes) or gather_step(op, *sizes, [(source.shape[axis], run)])
    return gather_step(op, *sizes, [(source.shape[axis], run)])


def _constant(op, indices, axis, sizes):
    """The Step for constant indices; None where batches and blocks within them would need a table each."""
    source, output = op.inputs[0], op.outputs[0]
    batches, outer, n, block, run = sizes
    values = indices.data.reshape(batches, n).astype(np.int64)
    expect_inside(op, values, source.shape[axis])
    if batches == 1:
        steps = np.unique(np.diff(values[0])) if n > 1 else np.array([1])
        if len(steps) == 1 and steps[0]:
            first, step = int(values[0, 0]), int(steps[0])
            end = first + n * step
            base = elements(source)
            view = base[(slice(None),) * axis + (slice(first, end if end >= 0 else None, step),)]
            return copy_step(op, source, output, base, view, output.shape)
        return tables_step(op, source, output, [np.arange(outer) * block, values[0] * run], run)
    if outer == 1:
        return tables_step(op, source, output, [(np.arange(batches)[:, None] * block + values * run).reshape(-1)], run)
    return None


def gather_step(op, batches, outer, n, block, run, counts):
    """The Step that reads its indices on the device. counts: [(size, stride in bytes)] of each index to a run."""
    unused = [(1, 0)] * (MAX_INDICES - len(counts))
    sizes, strides = zip(*counts, *unused)
    params = struct.pack("<6I5I5I", batches, outer, n, len(counts), block, run, *sizes, *strides)
    return Step(CODE, NAME, list(op.inputs), [op.outputs[0]], params, b"", 0, [None, None], op.kind)


def expect_indices(op, indices):
    if indices.dtype not in ("int32", "int64"):
        raise LinnetError(f"{op}: its indices are {indices.dtype}, expected int32")


def expect_inside(op, values, size):
    """Constant indices (...) lie within their dimensions' size, a number or one for each of the last axis."""
    if np.any(values < 0) or np.any(values >= size):
        raise LinnetError(f"{op}: its indices go from {values.min()} to {values.max()}, but the dimension has size {size}")


def _product(sizes):
    return int(np.prod(sizes, dtype=np.int64))
