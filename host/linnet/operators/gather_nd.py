"""GATHER_ND: elements or slices of the input at given points, each row of the indices one."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.gather import (
    CODE,
    MAX_INDICES,
    NAME,
    expect_indices,
    expect_inside,
    gather_step,
)
from linnet.operators.indexed_copy import elements_strides, tables_step
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import expect_same_dtype

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    expect_operands(op, 2)
    source, indices = op.inputs
    output = op.outputs[0]
    expect_same_dtype(op, source, output)
    expect_indices(op, indices)
    n_indices = indices.shape[-1] if indices.shape else 0
    if not 1 <= n_indices <= min(len(source.shape), MAX_INDICES):
        raise LinnetError(f"{op}: has {n_indices} indices a point of {source.shape}, supported are 1 ... {MAX_INDICES}")
    shape = *indices.shape[:-1], *source.shape[n_indices:]
    if shape != output.shape:
        raise LinnetError(f"{op}: makes {shape} of {source.shape}, but its output is {output.shape}")
    strides = elements_strides(source)[:n_indices]
    run, n = strides[-1], indices.elements // n_indices
    if indices.data is not None:
        points = indices.data.reshape(n, n_indices).astype(np.int64)
        expect_inside(op, points, source.shape[:n_indices])
        return tables_step(op, source, output, [points @ np.array(strides)], run)
    return gather_step(op, 1, 1, n, source.bytes, run, list(zip(source.shape, strides)))
