"""CONCATENATION: inputs of any dtype side by side along an axis; int8 and uint8 do not rescale, as in TFLite Micro."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import activation
from linnet.operators.strided_copy import axis_of, expect_same_dtype
from linnet.overlap import steps_overlap

CODE, NAME = 66, "CONCATENATION"
OPTIONS = "ConcatenationOptions"
MAX_INPUTS = 254


def read(options):
    return {"axis": options.Axis(), "fused_activation": activation.read(options)}


def lower(op):
    output = op.outputs[0]
    axis = axis_of(op, op.attrs["axis"], len(output.shape))
    if op.attrs.get("fused_activation", "NONE") != "NONE":
        raise LinnetError(f"{op}: has a fused activation, which TFLite Micro does not run; convert the model without it")
    shapes = [tensor.shape if tensor is not None else () for tensor in op.inputs]
    if any((*s[:axis], *s[axis + 1 :]) != (*output.shape[:axis], *output.shape[axis + 1 :]) for s in shapes) or (
        sum(s[axis] for s in shapes) != output.shape[axis]
    ):
        raise LinnetError(f"{op}: {', '.join(map(str, shapes))} along axis {axis} do not make {output.shape}")
    return concatenation_step(op, int(np.prod(output.shape[:axis], dtype=np.int64)))


def concatenation_step(op, outer):
    """The Step that puts the inputs side by side in each of `outer` rows."""
    output = op.outputs[0]
    if len(op.inputs) > MAX_INPUTS:
        raise LinnetError(f"{op}: has {len(op.inputs)} inputs, supported are {MAX_INPUTS}")
    for i, tensor in enumerate(op.inputs):
        expect_same_dtype(op, tensor, output)
        _expect_alike(op, tensor, output, i)
    runs = [tensor.bytes // outer for tensor in op.inputs]
    data = struct.pack(f"<{len(runs)}I", *runs)
    ends = np.arange(outer)[:, None] * (output.bytes // outer) + np.cumsum(runs)  # (outer, inputs): what is written by then
    overlap = []
    for i, (tensor, run) in enumerate(zip(op.inputs, runs)):
        # Before row r of this input has been read all before it in the output is written.
        once = tensor.data is None and op.inputs.count(tensor) == 1
        steps = np.append((ends[:, i] - run), 0), np.append(np.arange(outer) * run, tensor.bytes)
        overlap.append(steps_overlap(*steps, tensor.bytes) if once else None)
    return Step(CODE, NAME, list(op.inputs), [output], struct.pack("<I", outer), data, 0, overlap, op.kind)


def _expect_alike(op, tensor, output, index):
    if tensor.dtype in ("int8", "uint8") and (tensor.scale != output.scale or tensor.zero_point != output.zero_point):
        found = f"input {index} (scale {tensor.scale}, zero point {tensor.zero_point})"
        wanted = f"output (scale {output.scale}, zero point {output.zero_point})"
        raise LinnetError(f"{op}: {found} and {wanted} are quantized differently; it does not rescale, convert the model again")
