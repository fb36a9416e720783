"""What quantization cost, operator by operator: signal to noise of weights and of activations, and accuracy of the whole."""

from dataclasses import dataclass

import numpy as np

from linnet.quantizer.runner import Runner, sqnr_db

N_SAMPLES = 32  # of the calibration set, for the activations
N_PICTURED = 8  # of these, whose values are kept


@dataclass
class Row:
    """One operator; real and quantized: its output's values on some samples, for pictures."""

    index: int
    kind: str
    layer: str
    weights_db: float | None  # None: it has no weights
    activations_db: float
    real: np.ndarray
    quantized: np.ndarray
    kept_in: str = ""  # what the weights are: "int8"


def account(quantized, samples):
    """[Row] of every operator of a Quantized whose output is real-valued, in the graph's order."""
    layers = {layer.output: layer for layer in quantized.layers}
    partner = {made: real for real, made in quantized.pairs.items()}
    sums, pictures = {}, {}
    runners = Runner(quantized.real), Runner(quantized.graph)
    for number, sample in enumerate(samples[:N_SAMPLES]):
        real = dict(runners[0].tensors(sample))
        for tensor, array in runners[1].tensors(sample):
            if tensor in partner and partner[tensor] in real:
                values = array.astype(np.float64)
                if tensor.quant is not None:
                    values = tensor.scale * (values - tensor.zero_point)
                wanted = real[partner[tensor]].astype(np.float64)
                signal, noise = sums.get(tensor, (0.0, 0.0))
                sums[tensor] = signal + np.sum(wanted**2), noise + np.sum((wanted - values) ** 2)
                if number < N_PICTURED:
                    pictures.setdefault(tensor, []).append((wanted.ravel(), values.ravel()))
    rows = []
    makers = {op.outputs[0]: op for op in quantized.graph.operators}
    for index, op in enumerate(quantized.graph.operators):
        tensor = op.outputs[0]
        if op.kind == "QUANTIZE" and op.inputs[0].dtype == "int16" and op.inputs[0] not in partner:
            op = makers[op.inputs[0]]  # it worked on int16, for an output in int8
        if tensor in sums:
            signal, noise = sums[tensor]
            wanted, values = (np.concatenate(arrays) for arrays in zip(*pictures[tensor]))
            db = float("inf") if noise == 0 else 10 * float(np.log10(max(signal, 1e-30) / noise))
            layer = layers.get(op.outputs[0])
            of_weights = (None, "") if layer is None else (weights_db(layer), layer.kept_in)
            rows.append(Row(index, op.kind, tensor.name, of_weights[0], db, wanted, values, of_weights[1]))
    return rows


def weights_db(layer):
    """Signal to quantization noise of a layer's weights."""
    return sqnr_db(layer.weights, layer.restored)


def n_right(outputs, labels):
    """How many rows of outputs (n, classes) have their largest element at the label (n,); a single one is class 1's probability."""
    rows = outputs.reshape(len(labels), -1)
    guesses = rows[:, 0] > 0.5 if rows.shape[1] == 1 else rows.argmax(axis=1)
    return int(np.count_nonzero(guesses == labels))
