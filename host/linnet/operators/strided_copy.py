"""STRIDED_COPY: what every operator becomes whose output is a view of its input, as NumPy has views."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.reshape import reshape_step
from linnet.overlap import runs_overlap

CODE, NAME = 64, "STRIDED_COPY"
MAX_LOOPS = 6


def elements(tensor):
    """An array that stands for a tensor: views of it say where their elements lie. Its values mean nothing."""
    return np.empty(tensor.shape, tensor.dtype)


def copy_step(op, source, output, base, view, shape=None):
    """The Step that copies a view of `source` to `output`; one that moves nothing is a RESHAPE.

    base: elements(source); view: of base, its elements in the output's order; shape: of the result, where it is not the view's.
    """
    expect_same_dtype(op, source, output)
    shape = tuple(view.shape if shape is None else shape)
    if shape != tuple(output.shape):
        raise LinnetError(f"{op}: makes {shape} of {source.shape}, but its output is {output.shape}; convert the model again")
    offset = view.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    run, loops = collapse(view)
    if run == source.bytes == output.bytes:
        return reshape_step(op, source, output)
    if len(loops) > MAX_LOOPS:
        raise LinnetError(f"{op}: moves {source.shape} along {len(loops)} dimensions, supported are {MAX_LOOPS}")
    loops = [(1, 0)] * (MAX_LOOPS - len(loops)) + loops
    params = struct.pack("<2I6I6i", run, offset, *(n for n, _ in loops), *(stride for _, stride in loops))
    overlap = runs_overlap(offset + starts(loops), run, source.bytes) if output.bytes // run <= runs_overlap.MOST else None
    return Step(CODE, NAME, [source], [output], params, b"", 0, [overlap], op.kind)


def collapse(view):
    """(bytes that lie together, [(n, stride in bytes), ...] of the loops around them, outermost first)."""
    loops = []
    for n, stride in zip(view.shape, view.strides):
        if n == 1:
            continue
        if loops and loops[-1][1] == n * stride:
            loops[-1] = (loops[-1][0] * n, stride)
        else:
            loops.append((n, stride))
    run = view.itemsize
    if loops and loops[-1][1] == run:
        run *= loops.pop()[0]
    return run, loops


def starts(loops):
    """Where each run starts in the input, in the order of the output: (runs,) int64."""
    found = np.zeros(1, np.int64)
    for n, stride in loops:
        found = (found[:, None] + np.arange(n, dtype=np.int64) * stride).reshape(-1)
    return found


def expect_same_dtype(op, source, output):
    if source.dtype != output.dtype:
        raise LinnetError(f"{op}: makes {output.dtype} of {source.dtype}, but it only moves data; convert the model again")


def axis_of(op, axis, rank):
    """A TFLite axis, which may count from the end, as 0 ... rank - 1."""
    if not -rank <= axis < rank:
        raise LinnetError(f"{op}: its axis is {axis}, outside the {rank} dimensions")
    return axis % rank


def integers(op, index, role):
    """Operand `index`, a constant of integers, as a flat list."""
    tensor = op.inputs[index] if index < len(op.inputs) else None
    if tensor is None or tensor.data is None:
        raise LinnetError(f"{op}: {role} must be constant; export the model with it frozen")
    if tensor.dtype not in ("int32", "int64"):
        raise LinnetError(f"{op}: {role} is {tensor.dtype}, expected int32")
    return tensor.data.reshape(-1).tolist()
