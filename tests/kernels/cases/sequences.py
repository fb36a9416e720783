"""Cases of layers with a memory: their inputs are a list of steps. Group sequences."""

import numpy as np
import tflite
from tflite_builder import Op, Options, Tensor, graph_model

N_GATES = 4


def given(data, scale=None):
    """A constant Tensor of an array."""
    return Tensor(data.shape, data.dtype.name, scale, data=data)


def unidirectional_sequence_lstm(d):
    batches, steps, in_n, units = d.choice(1, 1, 2, 3), d.choice(1, 2, 5, 9), d.choice(1, 3, 8, 13), d.choice(1, 2, 5, 8, 11)
    time_major = d.index % 3 == 1
    leading = (steps, batches) if time_major else (batches, steps)
    x = d.tensor((*leading, in_n), low=5e-3, high=0.05)
    hidden = Tensor((batches, units), "int8", d.choice(1 / 128, 1 / 127.5, d.scale(2e-3, 0.02)), d.choice(0, 0, *[d.zero_point()] * 2),
                    is_variable=True)
    # Now and then a cell state whose scale is no power of two, or one that tanh shifts the other way.
    cell_scale = d.choice(2.0**-11, 2.0**-11, 2.0**-12, 2.0**-9, 2.0**-14, 2.0**-15, 2.0**-7, 0.00047)
    cell = Tensor((batches, units), "int16", cell_scale, 0, is_variable=True)

    def matrix(n):
        return given(d.weights((units, n)), d.choice(d.scale(1e-3, 0.02), d.scale(4e-3, 0.05)))

    x_weights, hidden_weights = [matrix(in_n) for _ in range(N_GATES)], [matrix(units) for _ in range(N_GATES)]
    biases = []
    for weights in x_weights:
        scale = float(np.float32(x.scale) * np.float32(weights.scale))
        biases.append(given(d.rng.normal(0, 1.5 / scale, units).astype(np.int32), scale))
    y = Tensor((*leading, units), "int8", hidden.scale, hidden.zero_point)
    options = Options("UnidirectionalSequenceLSTMOptions", {
        "FusedActivationFunction": tflite.ActivationFunctionType.TANH, "TimeMajor": time_major,
        "CellClip": d.choice(0.0, 0.0, 10.0, 0.5)})
    absent = [None]
    operands = [x, *x_weights, *hidden_weights, *absent * 3, *biases, *absent * 2, hidden, cell, *absent * 4]
    model = graph_model([([x], [y], [Op("UNIDIRECTIONAL_SEQUENCE_LSTM", options, operands, [y])])])
    return model, [[d.int8(x.shape)] for _ in range(20)]


def svdf(d):
    batches, in_n, units = d.choice(1, 1, 2), d.choice(1, 3, 8, 21), d.choice(1, 3, 4, 7)
    rank, memory = d.choice(1, 1, 2, 3), d.choice(1, 2, 5, 9)
    dtype = "int8" if d.index % 3 == 2 else "int16"
    x = d.tensor((batches, in_n), low=5e-3, high=0.1)
    features = given(d.weights((units * rank, in_n)), d.scale(1e-3, 0.02))
    wide = d.index % 3 == 0
    limit = 127 if dtype == "int8" else 32767 if wide else 2000
    time = given(d.rng.integers(-limit, limit + 1, (units * rank, memory)).astype(dtype), d.scale(1e-3, 0.01) / (limit / 127))
    spread = float(np.float32(x.scale * features.scale)) * (75 * float(np.linalg.norm(features.data)) / (units * rank) ** 0.5 + 1)
    state_scale = spread * d.choice(1 / 50, 1 / 40, 1e-3) if dtype == "int8" else spread * d.choice(1 / 8000, 1 / 12000, 1e-5)
    state = Tensor((batches, units * rank * memory), dtype, float(np.float32(state_scale)),
                   d.choice(0, -7, 90) if dtype == "int8" else 0, is_variable=True)
    scale = float(np.float32(state.scale) * np.float32(time.scale))
    results = 0.5 * float(np.abs(time.data.astype(float)).mean()) * (rank * memory) ** 0.5 * time.scale * spread
    bias = given(d.rng.normal(0, results / scale / 2, units).clip(-2e9, 2e9).astype(np.int32), scale)
    y = Tensor((batches, units), "int8", d.reach(results), d.zero_point())
    options = Options("SVDFOptions", {"Rank": rank, "FusedActivationFunction": d.choice(
        tflite.ActivationFunctionType.NONE, tflite.ActivationFunctionType.RELU)})
    model = graph_model([([x], [y], [Op("SVDF", options, [x, features, time, bias, state], [y])])])
    return model, [[d.int8(x.shape)] for _ in range(24)]


def variable(name):
    """(Tensor, [Op]) of the handle of a variable."""
    handle = Tensor((), "resource")
    return handle, [Op("VAR_HANDLE", Options("VarHandleOptions", {"Container": "", "SharedName": name}), [], [handle])]


def like(tensor, shape=None):
    return Tensor(shape or tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point)


def read(handle, value):
    return Op("READ_VARIABLE", Options("ReadVariableOptions", {}), [handle], [value])


def assign(handle, value):
    return Op("ASSIGN_VARIABLE", Options("AssignVariableOptions", {}), [handle, value], [])


def joined(inputs, output, axis=1):
    return Op("CONCATENATION", Options("ConcatenationOptions", {"Axis": axis}), inputs, [output])


def part(source, output, begin):
    operands = [source, given(np.array(begin, np.int32)), given(np.array(output.shape, np.int32))]
    return Op("SLICE", Options("SliceOptions", {}), operands, [output])


def added(a, b, output):
    return Op("ADD", Options("AddOptions", {}), [a, b], [output])


def read_variable(d):
    """Streams: a window that slides over the inputs; sums, before or after they take in x; two variables that change places."""
    n, m = d.choice(1, 3, 8), d.choice(1, 2, 5)
    x = d.tensor((1, n), low=0.02, high=0.1)
    handle, operators = variable("state")
    if d.index % 4 == 0:  # the window, and what it is next
        state, window, rest = like(x, (1, m)), like(x, (1, m + n)), like(x, (1, m))
        operators += [read(handle, state), joined([state, x], window), part(window, rest, (0, n)), assign(handle, rest)]
        if d.index % 8 == 0:  # the READ is of the new state, too
            again, y = like(rest), like(x, (1, 2 * m + n))
            operators += [read(handle, again), joined([window, again], y)]
        else:
            y = window
    elif d.index % 4 == 3:  # two change places: neither may be written before it is read
        other, more = variable("other")
        a, b, y, first, second = like(x), like(x), like(x, (1, 2 * n)), like(x), like(x)
        operators += [*more, read(handle, a), read(other, b), joined([a, b], y), added(b, x, first), added(a, x, second),
                      assign(handle, first), assign(other, second)]
    else:
        state, total, y = like(x), like(x), like(x)
        operators += [read(handle, state), added(state, x, total), assign(handle, total)]
        operators += [added(total if d.index % 4 == 1 else state, x, y)]
    subgraphs = [([x], [y], operators)]
    if d.index % 3 == 0 and d.index % 4 != 3:  # it starts from a constant
        once, body = variable("state")
        body.append(assign(once, given(d.rng.integers(-128, 128, state.shape).astype(np.int8))))
        operators.insert(0, Op("CALL_ONCE", Options("CallOnceOptions", {"InitSubgraphIndex": 1}), [], []))
        subgraphs.append(([], [], body))
    return graph_model(subgraphs), [[d.int8(x.shape, "random")] for _ in range(20)]


def while_loop(d):
    """A sum that goes round a fixed number of times, over a counter, with a branch on the counter and a constant list within."""
    n, turns = d.choice(1, 3, 8), d.choice(0, 1, 2, 7)
    x = d.tensor((1, n), low=0.02, high=0.1)
    i, result, count = given(np.array([0], np.int32)), like(x), Tensor((1,), "int32")

    def scalars(*dtypes):
        return [Tensor((1,), dtype) for dtype in dtypes]

    here, value, (goes_on,) = Tensor((1,), "int32"), like(x), scalars("bool")
    condition = [here, value], [goes_on], [Op("LESS", Options("LessOptions", {}), [here, given(np.array([turns], np.int32))], [goes_on])]
    at, before, next_at, after, (is_late,) = Tensor((1,), "int32"), like(x), Tensor((1,), "int32"), like(x), scalars("bool")
    body = [at, before], [next_at, after], [
        Op("ADD", Options("AddOptions", {}), [at, given(np.array([1], np.int32))], [next_at]),
        Op("GREATER", Options("GreaterOptions", {}), [at, given(np.array([1], np.int32))], [is_late]),
        Op("IF", Options("IfOptions", {"ThenSubgraphIndex": 3, "ElseSubgraphIndex": 4}), [is_late, before], [after]),
    ]
    late, late_y = like(x), like(x)
    constant = given(d.rng.integers(-128, 128, x.shape).astype(np.int8), x.scale)
    early, early_y = like(x), like(x)
    branches = ([late], [late_y], [added(late, constant, late_y)]), ([early], [early_y], [added(early, early, early_y)])
    loop = Op("WHILE", Options("WhileOptions", {"CondSubgraphIndex": 1, "BodySubgraphIndex": 2}), [i, x], [count, result])
    y = like(x)
    return graph_model([([x], [y], [loop, added(result, x, y)]), condition, body, *branches]), [d.int8(x.shape)]


OPERATORS = (unidirectional_sequence_lstm, svdf, read_variable, while_loop)
