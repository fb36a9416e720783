"""UNIDIRECTIONAL_SEQUENCE_LSTM: int8 (batches, steps, in_n) -> (batches, steps, units), cell state int16; a memory from run to run."""

import math
import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import activation, sigmoid_table
from linnet.operators.operands import (
    expect_constant,
    expect_elements,
    expect_int8,
    expect_operands,
    expect_per_tensor,
    expect_rank,
    expect_variable,
)
from linnet.requant import INT32_MAX, INT32_MIN, quantize_multiplier

CODE, NAME = 192, "UNIDIRECTIONAL_SEQUENCE_LSTM"
OPTIONS = "UnidirectionalSequenceLSTMOptions"
MAX_SIZE = 1 << 16
N_GATES = 4  # input, forget, cell, output
# Where TFLite has them among the operands (micro/kernels/lstm_shared.h).
X_WEIGHTS, HIDDEN_WEIGHTS, BIASES, HIDDEN, CELL = 1, 5, 12, 18, 19
VARIANTS = {9: "peephole weights", 10: "peephole weights", 11: "peephole weights", 16: "a projection", 17: "a projection"} | {
    i: "layer normalization" for i in range(20, 24)
}
GATE_SCALE, ACTIVATED_SCALE = np.float32(2**-12), np.float32(2**-15)


def read(options):
    if options.DiagonalRecurrentTensors():
        raise LinnetError("its recurrent weights are diagonal, which is not supported")
    return {
        "fused_activation": activation.read(options),
        "cell_clip": options.CellClip(),
        "time_major": bool(options.TimeMajor()),
    }


def lower(op):
    expect_operands(op, 24, optional=23)
    _expect_plain(op)
    x, hidden, cell, output = op.inputs[0], op.inputs[HIDDEN], op.inputs[CELL], op.outputs[0]
    expect_int8(op, x, "input")
    expect_int8(op, output, "output")
    expect_rank(op, x, 3, "input")
    expect_variable(op, hidden, "hidden state")
    expect_variable(op, cell, "cell state")
    expect_int8(op, hidden, "hidden state")
    if cell.dtype != "int16":
        raise LinnetError(f"{op}: cell state is {cell.dtype}, expected int16; convert the model again")
    expect_per_tensor(op, cell, "cell state")
    first, second, in_n = x.shape
    steps, batches = (first, second) if op.attrs["time_major"] else (second, first)
    units = hidden.shape[-1]
    if max(steps, batches, in_n, units) > MAX_SIZE:
        raise LinnetError(f"{op}: steps, inputs or units are more than {MAX_SIZE}")
    expect_elements(op, hidden, batches * units, "hidden state")
    expect_elements(op, cell, batches * units, "cell state")
    expect_elements(op, output, batches * steps * units, "output")
    cell_shift, cell_min, cell_max = _cell(op, cell)
    pairs = [quantize_multiplier(factor) for factor in _factors(op)]
    params = struct.pack(
        "<4IBb3h11i11bB",
        batches, steps, in_n, units, op.attrs["time_major"], cell_shift, hidden.zero_point, cell_min, cell_max,
        *(multiplier for multiplier, _ in pairs), *(shift for _, shift in pairs), 0,
    )  # fmt: skip
    inputs, outputs = [x, hidden, cell, sigmoid_table.tensor()], [output, hidden, cell]
    macs = batches * steps * units * N_GATES * (in_n + units)
    # A step's hidden state is the output of the one before, so no input may lie under the output.
    return Step(CODE, NAME, inputs, outputs, params, _data(op, in_n, units), macs, [None] * 4, op.kind)


def _expect_plain(op):
    """An LSTM as Keras has it: four gates, tanh, no extras. TFLite Micro runs no other."""
    for index, what in VARIANTS.items():
        if index < len(op.inputs) and op.inputs[index] is not None:
            raise LinnetError(f"{op}: has {what}, which is not supported; use a plain LSTM")
    required = [*range(X_WEIGHTS, X_WEIGHTS + 2 * N_GATES), *range(BIASES, BIASES + N_GATES), HIDDEN, CELL]
    if len(op.inputs) <= CELL or any(op.inputs[index] is None for index in required):
        raise LinnetError(f"{op}: lacks the weights or the bias of a gate, or a state; use a plain LSTM with bias and all four gates")
    if op.attrs["fused_activation"] != "TANH":
        raise LinnetError(f"{op}: its activation is {op.attrs['fused_activation']}, supported is TANH; use keras.layers.LSTM's default")


def _cell(op, cell):
    """(left shift of the cell state to Q3.12, its least and greatest value). TFLM's CreateLstmCellStateInfo."""
    power = round(math.log2(float(cell.scale)))
    shift = power + 12
    if not -15 <= shift <= 13 or cell.zero_point != 0:
        raise LinnetError(f"{op}: cell state has the scale {cell.scale}, zero point {cell.zero_point}; convert the model again")
    if not op.attrs["cell_clip"] > 0:
        return shift, -32768, 32767
    clip = int(min(np.float64(np.float32(op.attrs["cell_clip"])) / np.float64(cell.scale), 32767.0))
    return shift, -clip, clip


def _factors(op):
    """11 factors: each gate's sums over x and over the hidden state, then the three products. Floats as in TFLM."""
    x, hidden, cell = op.inputs[0], op.inputs[HIDDEN], op.inputs[CELL]
    factors = []
    for gate in range(N_GATES):
        for source, weights in ((x, op.inputs[X_WEIGHTS + gate]), (hidden, op.inputs[HIDDEN_WEIGHTS + gate])):
            expect_per_tensor(op, weights, "weights")
            factors.append(float(np.float64(source.scale * weights.scale) / np.float64(GATE_SCALE)))
    activated, state = float(ACTIVATED_SCALE), float(cell.scale)
    return [*factors, activated * state / state, activated * activated / state, activated * activated / float(hidden.scale)]


def _data(op, in_n, units):
    """`i32 bias[units][2][4]`, of x and of the hidden state, zero points folded in; `i8 weights[units][4][in_n + units]`."""
    biases, rows = [], []
    for first, source, n in ((X_WEIGHTS, op.inputs[0], in_n), (HIDDEN_WEIGHTS, op.inputs[HIDDEN], units)):
        weights = np.stack([_weights(op, op.inputs[first + gate], (units, n)) for gate in range(N_GATES)], axis=1)
        folded = -source.zero_point * weights.sum(axis=2, dtype=np.int64)
        if first == X_WEIGHTS:
            folded += np.stack([_bias(op, op.inputs[BIASES + gate], units) for gate in range(N_GATES)], axis=1)
        if folded.min() < INT32_MIN or folded.max() > INT32_MAX:
            raise LinnetError(f"{op}: a bias leaves 32 bits; convert the model again")
        biases.append(folded)
        rows.append(weights)
    return np.stack(biases, axis=1).astype("<i4").tobytes() + np.concatenate(rows, axis=2).tobytes()


def _weights(op, tensor, shape):
    data = expect_constant(op, tensor, "weights")
    if tensor.dtype != "int8" or tensor.zero_point != 0:
        raise LinnetError(f"{op}: weights are {tensor.dtype}, zero point {tensor.zero_point}; quantize them to int8, symmetrically")
    if tensor.shape != shape:
        raise LinnetError(f"{op}: the shape of its weights is {tensor.shape}, expected {shape}")
    return data


def _bias(op, tensor, units):
    data = expect_constant(op, tensor, "bias")
    if tensor.dtype != "int32":
        raise LinnetError(f"{op}: bias is {tensor.dtype}, expected int32; convert the model again")
    expect_elements(op, tensor, units, "bias")
    return data.reshape(units).astype(np.int64)
