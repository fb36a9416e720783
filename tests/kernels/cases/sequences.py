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
    return model, [[d.int8(x.shape)] for _ in range(4)]


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


OPERATORS = (unidirectional_sequence_lstm, svdf)
