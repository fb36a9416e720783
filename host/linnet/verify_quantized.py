"""A quantized blob against the float model it was made from: signal to noise of every layer, as it cannot be equal."""

from dataclasses import dataclass

import numpy as np

from linnet import core, fields
from linnet.errors import LinnetError
from linnet.graph import is_constant
from linnet.model import as_input
from linnet.operators.float32.layer import WEIGHTS

FLOAT16 = WEIGHTS["float16"]


@dataclass
class Row:
    """One operator whose output the float model has, too."""

    operator: int
    name: str
    layer: str
    db: float | None  # None: it was not compared
    why_not: str = ""


@dataclass
class Compared:
    rows: list  # in the order of the operators
    outputs: list  # dB of each output
    n_samples: int


def float_model(model_path, model):
    """The float Graph, after the passes, that a quantized Model was made from; None where the file is not one."""
    from linnet.importers import read
    from linnet.passes import run_all
    from linnet.quantizer.widen import widen

    graph = run_all(read(model_path, allow_float=True))
    is_half = any(is_constant(tensor) and tensor.dtype == "float16" for op in graph.operators for tensor in op.inputs)
    if not is_half and any(_weights_are_half(op) for op in model.blob.operators):
        return graph
    graph = widen(graph)
    real = {tensor.source for op in graph.operators for tensor in op.outputs if tensor.dtype == "float32" and tensor.source is not None}
    is_float = all(tensor.dtype == "float32" for tensor in graph.outputs)
    if any(tensor.source in real and tensor.dtype in core.QUANTIZED for tensor in model.blob.tensors):
        return graph
    # What has lost its numbers, as models in ONNX have none.
    return graph if is_float and not real and _is_quantized(model) else None


def _weights_are_half(op):
    layout = fields.OPERATORS[op.code][1]
    return layout.unpack(op.params).get("weights") == FLOAT16


def _is_quantized(model):
    return any(model.blob.tensors[i].dtype in core.QUANTIZED for op in model.blob.operators for i in op.outputs)


def verify_quantized(graph, model, inputs_path=None, progress=iter):
    """A Compared of a quantized Model with its float Graph (float_model), on a file's samples, or those stored in the blob.

    progress: wraps the list of samples. Raises LinnetError when the blob is not that model's, or there are no samples: noise
    made from seeds is far from what the ranges were found for.
    """
    from linnet.quantizer import samples as samples_of
    from linnet.quantizer.runner import Runner

    _check_same(graph, model)
    if inputs_path is None:
        stored = [vector for vector in model.blob.golden if vector.inputs is not None]
        if not stored:
            raise LinnetError(f"{model.source} is quantized; give samples as it will meet them with -i X.npz")
        samples = [_real(model, model.golden_inputs(vector)) for vector in stored]
    else:
        samples, _ = samples_of.load(inputs_path, graph, str(inputs_path))
        samples_of.check(samples, inputs_path)
    runner, sums, outputs = Runner(graph), {}, [[0.0, 0.0] for _ in graph.outputs]
    rows = [model.blob.tensors[i] for i in model.blob.inputs]
    for sample in progress(samples):
        known = {tensor.source: array for tensor, array in runner.tensors(sample) if tensor.source is not None}
        taken = [as_input(x, row, str(model.source)) for x, row in zip(sample, rows)]
        for index, _, made in model.steps(taken):
            for i, array in zip(model.blob.operators[index].outputs, made):
                _add(sums.setdefault(index, {}), model.blob.tensors[i], array, known)
        for pair, wanted, got in zip(outputs, runner.outputs([sample]), model.predict(taken, real=True)):
            pair[0] += float(np.sum(wanted.astype(np.float64) ** 2))
            pair[1] += float(np.sum((wanted.ravel().astype(np.float64) - got) ** 2))
    names = {tensor.source: tensor.name for op in graph.operators for tensor in op.outputs}
    found = [_row(index, model, names, sums[index]) for index in sorted(sums) if sums[index]]
    return Compared(found, [_db(*pair) for pair in outputs], len(samples))


def _add(found, row, array, known):
    """Adds what one sample says of a tensor to found {"row", "signal", "noise"}; a reason where it cannot be compared."""
    wanted = known.get(row.source)
    if row.source is None or wanted is None:
        return
    found["source"] = row.source
    if wanted.size != array.size:
        found["why_not"] = "constant channels were taken out"
        return
    got = _dequantized(array, row).astype(np.float64)
    found["signal"] = found.get("signal", 0.0) + float(np.sum(wanted.astype(np.float64) ** 2))
    found["noise"] = found.get("noise", 0.0) + float(np.sum((wanted.ravel() - got.ravel()) ** 2))


def _row(index, model, names, found):
    layer, name = names.get(found["source"], ""), model.blob.operators[index].name
    if "why_not" in found:
        return Row(index, name, layer, None, found["why_not"])
    return Row(index, name, layer, _db(found["signal"], found["noise"]))


def _db(signal, noise):
    return float("inf") if noise == 0 else 10 * float(np.log10(max(signal, 1e-30) / noise))


def _dequantized(array, row):
    return core.dequantize(array, row.scale, row.zero_point) if row.dtype in core.QUANTIZED else array


def _real(model, arrays):
    rows = [model.blob.tensors[i] for i in model.blob.inputs]
    return [np.asarray(_dequantized(array, row), np.float32).reshape(row.shape) for array, row in zip(arrays, rows)]


def _check_same(graph, model):
    """Raises LinnetError unless inputs and outputs of a blob are those of the graph."""
    for side, tensors, indices in (("inputs", graph.inputs, model.blob.inputs), ("outputs", graph.outputs, model.blob.outputs)):
        ours, theirs = ([tuple(each.shape) for each in some] for some in ([model.blob.tensors[i] for i in indices], tensors))
        if ours != theirs:
            raise LinnetError(f"{model.source} was not made from {graph.name}: its {side} are {ours}, there {theirs}")
