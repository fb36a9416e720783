"""INDEXED_COPY: what operators become whose output takes the input's elements by tables, one an axis."""

import struct

import numpy as np

from linnet.graph import Step
from linnet.operators.strided_copy import expect_same_dtype
from linnet.overlap import runs_overlap

CODE, NAME = 65, "INDEXED_COPY"
MAX_TABLES = 4


def take_step(op, source, output, indices):
    """The Step for out[i, j, ...] = in[indices[0][i], indices[1][j], ...]; None stands for all of an axis in order."""
    strides = elements_strides(source)
    run, indices = np.dtype(source.dtype).itemsize, list(indices)
    while indices and indices[-1] is None:
        indices.pop()
        run *= source.shape[len(indices)]
    whole = [np.arange(n) if index is None else np.asarray(index) for index, n in zip(indices, source.shape)]
    return tables_step(op, source, output, [index * stride for index, stride in zip(whole, strides)], run)


def tables_step(op, source, output, tables, run):
    """The Step for out[i, j, ...] = the `run` bytes at tables[0][i] + tables[1][j] + ... bytes of the input."""
    expect_same_dtype(op, source, output)
    tables = [np.asarray(table, np.int64) for table in tables]
    while len(tables) > MAX_TABLES:  # the shortest two neighbours become one
        at = min(range(len(tables) - 1), key=lambda i: len(tables[i]) * len(tables[i + 1]))
        tables[at : at + 2] = [_sums(tables[at], tables[at + 1])]
    tables = [np.zeros(1, np.int64)] * (MAX_TABLES - len(tables)) + tables
    params = struct.pack("<5I", run, *(len(table) for table in tables))
    data = np.concatenate(tables).astype("<u4").tobytes()
    overlap = None
    if output.bytes // run <= runs_overlap.MOST:
        reads = np.zeros(1, np.int64)
        for table in tables:
            reads = _sums(reads, table)
        overlap = runs_overlap(reads, run, source.bytes)
    return Step(CODE, NAME, [source], [output], params, data, 0, [overlap], op.kind)


def elements_strides(tensor):
    """Bytes from one index of each axis to the next."""
    sizes = np.array([*tensor.shape[1:], np.dtype(tensor.dtype).itemsize], np.int64)
    return np.cumprod(sizes[::-1])[::-1].tolist() if tensor.shape else []


def _sums(a, b):
    return (a[:, None] + b).reshape(-1)
