"""SVDF: int8 (batches, in_n) -> (batches, units), a convolution over time in two ranks; its state, int16 or int8, is a variable."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import (
    expect_constant,
    expect_elements,
    expect_int8,
    expect_operands,
    expect_per_tensor,
    expect_rank,
    expect_variable,
)
from linnet.requant import quantize_multiplier, wrap

CODE, NAME = 193, "SVDF"
OPTIONS = "SVDFOptions"
MAX_SIZE = 1 << 12


def read(options):
    # TFLite's integer kernels do not look at the fused activation.
    return {"rank": options.Rank()}


def lower(op):
    if len(op.inputs) != 5 or any(op.inputs[i] is None for i in (0, 1, 2, 4)):
        expect_operands(op, 5)
    x, features, time, state, output = op.inputs[0], op.inputs[1], op.inputs[2], op.inputs[4], op.outputs[0]
    expect_int8(op, x, "input")
    expect_int8(op, output, "output")
    expect_rank(op, x, 2, "input")
    expect_variable(op, state, "state")
    if state.dtype not in ("int8", "int16") or time.dtype != state.dtype:
        raise LinnetError(f"{op}: state is {state.dtype}, its weights {time.dtype}; both must be int16, or both int8")
    expect_per_tensor(op, state, "state")
    weights = _weights(op, features, "int8", "weights")
    time_weights = _weights(op, time, state.dtype, "weights over time")
    (batches, in_n), (filters, memory), rank = x.shape, time_weights.shape, op.attrs["rank"]
    if rank < 1 or filters % rank or weights.shape != (filters, in_n):
        raise LinnetError(f"{op}: weights {weights.shape} and {time_weights.shape} do not fit {in_n} inputs and a rank of {rank}")
    units = filters // rank
    if max(batches, in_n, units, rank, memory) > MAX_SIZE:
        raise LinnetError(f"{op}: inputs, units, rank or memory are more than {MAX_SIZE}")
    expect_elements(op, state, batches * filters * memory, "state")
    expect_elements(op, output, batches * units, "output")
    pairs = [quantize_multiplier(factor) for factor in _factors(op)]
    params = struct.pack(
        "<5I2h2i2bH",
        batches, in_n, units, rank, memory, state.zero_point, output.zero_point,
        *(multiplier for multiplier, _ in pairs), *(shift for _, shift in pairs), 0,
    )  # fmt: skip
    start = -x.zero_point * weights.sum(axis=1, dtype=np.int64)
    bias = _bias(op, units) - state.zero_point * time_weights.reshape(units, -1).sum(axis=1, dtype=np.int64)
    data = wrap(start).astype("<i4").tobytes() + wrap(bias).astype("<i4").tobytes()
    data += time_weights.astype(np.dtype(time.dtype).newbyteorder("<")).tobytes() + weights.tobytes()
    macs = batches * filters * (in_n + memory)
    return Step(CODE, NAME, [x, state], [output, state], params, data, macs, [None, None], op.kind)


def _weights(op, tensor, dtype, role):
    data = expect_constant(op, tensor, role)
    expect_rank(op, tensor, 2, role)
    expect_per_tensor(op, tensor, role)
    if tensor.dtype != dtype or tensor.zero_point != 0:
        raise LinnetError(f"{op}: {role} are {tensor.dtype}, zero point {tensor.zero_point}; quantize them to {dtype}, symmetrically")
    return data


def _bias(op, units):
    """(units,) int64; zeros when it has none."""
    tensor = op.inputs[3]
    if tensor is None:
        return np.zeros(units, np.int64)
    data = expect_constant(op, tensor, "bias")
    if tensor.dtype != "int32":
        raise LinnetError(f"{op}: bias is {tensor.dtype}, expected int32; convert the model again")
    expect_elements(op, tensor, units, "bias")
    return data.reshape(units).astype(np.int64)


def _factors(op):
    """From sums over the input to the state, and from sums over the state to the output. In single precision, as TFLM's PrepareSvdf."""
    x, features, time, _, state = op.inputs
    return float(x.scale * features.scale / state.scale), float(state.scale * time.scale / op.outputs[0].scale)
