"""From float to int8: linnet.quantize(model, samples) and what `linnet quantize` does.

The scheme is TFLite's: per-channel symmetric weights, per-tensor asymmetric activations, int32 biases. The ranges, and
whether corrections help, are chosen by the error of the model's outputs on the calibration set.
"""

import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from linnet import golden as goldens
from linnet.blob import TensorRow
from linnet.errors import LinnetError
from linnet.graph import Graph
from linnet.quantizer import calibration as calibrations
from linnet.quantizer import weights as weights_of
from linnet.quantizer.account import account, n_right
from linnet.quantizer.calibration import Calibration
from linnet.quantizer.convert import quantizations, to_int8
from linnet.quantizer.equalize import equalize
from linnet.quantizer.ranges import METHODS
from linnet.quantizer.rounding import round_for_outputs
from linnet.quantizer.runner import Runner, sqnr_db
from linnet.quantizer.scheme import Groups
from linnet.quantizer.widen import widen


@dataclass
class Options:
    """What quantize() may do; `auto` tries and keeps what lessens the error of the outputs."""

    method: str = "auto"  # of ranges.METHODS
    equalize: object = "auto"  # True, False
    correct_bias: object = "auto"
    rounding: str = "nearest"  # "optimized"


@dataclass
class Quantized:
    graph: object  # int8
    real: object  # the float graph it was made from, after passes and equalization
    layers: list  # convert.Layer
    pairs: dict  # float activation: its int8 Tensor
    choices: dict  # {"method": "mse", "equalize": False, ...}
    sqnr_db: float  # of the outputs, on the calibration set
    tried: list = field(default_factory=list)  # [(choices, sqnr_db)]


@dataclass
class Result:
    """What quantize() made, and what it cost."""

    quantized: Quantized
    packed: object  # packer.Packed
    rows: list  # account.Row of every operator
    real_bytes: int  # of the float model's constants
    real_arena_bytes: int
    n_samples: int
    evaluation: object = None  # Evaluation, where samples to evaluate on were given


@dataclass
class Evaluation:
    """On samples that calibration has not seen; right_real and right_int8: None without labels."""

    n: int
    sqnr_db: float
    right_real: int | None
    right_int8: int | None


def quantize(
    model, calib, evaluation=None, options=None, labels=None, core="portable", layout="speed", progress=iter, name=None
):
    """Quantizes a float model and packs it: a Result, whose packed.data is the blob.

    model: the path of a float .tflite or .onnx file, or a Graph (linnet.from_torch, linnet.from_sklearn). calib: an .npz or .npy file of inputs, or an array (n, ...) of them. evaluation: the
    same, or a file with x and y (class indices), for accuracy before and after. labels, core, layout, name: as for packer.pack.
    progress: wraps a list. Raises LinnetError for what cannot be quantized, naming the layer or the sample; UserWarning where
    the calibration set is small.
    """
    from linnet.importers import read
    from linnet.packer import pack_graph
    from linnet.passes import run_all

    source = Path(model.name if isinstance(model, Graph) else model)

    def make_graph():
        return widen(run_all(read(model, allow_float=True)))

    graph = make_graph()
    if not any(tensor.dtype == "float32" and tensor.data is None for op in graph.operators for tensor in op.outputs):
        raise LinnetError(f"{source}: is quantized already; linnet pack takes it as it is")
    samples, _ = _load(calib, graph)
    result = quantize_graph(make_graph, samples, options, progress, str(calib) if isinstance(calib, (str, Path)) else "calibration")
    # Packing may take channels out.
    packed = pack_graph(deepcopy(result.graph), source, labels, None, None, name, core, layout)
    real = Runner(result.real)
    found = Result(result, packed, account(result, samples), real.constant_bytes, real.arena_bytes, len(samples))
    if evaluation is not None:
        found.evaluation = evaluate(result, *_load(evaluation, graph))
    return found


def evaluate(quantized, samples, labels=None):
    """The Evaluation of a Quantized on samples [[array per input], ...] and, perhaps, their classes (n,)."""
    real, int8 = Runner(quantized.real).outputs(samples), Runner(quantized.graph).outputs(samples)
    right = (None, None) if labels is None else (n_right(real[0], labels), n_right(int8[0], labels))
    return Evaluation(len(samples), output_sqnr_db(real, int8), *right)


def _load(source, graph):
    """(samples, labels or None) from a path or an array, for the inputs of a graph."""
    rows = [TensorRow(0, tensor.bytes, tensor.dtype, tensor.shape) for tensor in graph.inputs]
    if not isinstance(source, (str, Path)):
        return [[np.asarray(x, np.float32).reshape(rows[0].shape)] for x in source], None
    samples, labels = goldens.load_inputs(source, rows), None
    if Path(source).suffix == ".npz":
        with np.load(source, allow_pickle=False) as file:
            labels = file["y"] if "y" in file.files and file["y"].shape == (len(samples),) else None
    return samples, labels


def quantize_graph(make_graph, samples, options=None, progress=iter, what="calibration"):
    """A Quantized.

    make_graph(): the float Graph after the passes, a new one each time, as equalization changes its weights. samples:
    [[float32 array per input], ...], each in its input's shape. progress: wraps a list, to show how far it is.
    Raises LinnetError for samples that cannot be used and for operators without an int8 form.
    """
    options = options or Options()
    if options.method not in (*METHODS, "auto"):
        raise LinnetError(f'no calibration method "{options.method}": there are auto, {", ".join(METHODS)}')
    warning = calibrations.check(samples, what)
    if warning:
        warnings.warn(warning, stacklevel=3)
    best, tried, wanted = None, [], None
    for equalized in _choices(options.equalize):
        graph = make_graph()
        if equalized and not equalize(graph) and options.equalize == "auto":
            continue
        runner, groups = Runner(graph), Groups(graph)
        calibration = Calibration(runner, groups, samples, progress)
        wanted = runner.outputs(samples) if wanted is None else wanted
        for method in METHODS if options.method == "auto" else (options.method,):
            quants = quantizations(groups, calibration.ranges(method))
            for corrected in _choices(options.correct_bias):
                made, layers, pairs = to_int8(graph, groups, quants)
                refine(layers, calibration.moments, corrected, options.rounding)
                score = output_sqnr_db(wanted, Runner(made).outputs(samples))
                choices = {"method": method, "equalize": equalized, "correct_bias": corrected, "rounding": options.rounding}
                tried.append((choices, score))
                if best is None or score > best.sqnr_db:
                    best = Quantized(made, graph, layers, pairs, choices, score)
    best.tried = tried
    return best


def refine(layers, moments, correct_bias, rounding):
    """Rounds weights for the layer's outputs and corrects biases for the mean error that is left, in place."""
    for layer in layers:
        seen = moments.get(layer.real)
        if seen is None or not (correct_bias or rounding == "optimized"):
            continue
        n, axis = layer.weights.shape[layer.spec.axis], layer.spec.axis
        scales = np.broadcast_to(layer.quantized.quant.scale, n)
        rows = weights_of.rows_of(layer.weights, axis).astype(np.float64)
        data = layer.quantized.data
        if rounding == "optimized":
            data = weights_of.from_rows(round_for_outputs(rows, scales, seen.gram), data.shape, axis)
        bias = np.zeros(n) if layer.bias is None else layer.bias.copy()
        if correct_bias:
            left = rows - weights_of.rows_of(weights_of.dequantize(data, scales, axis), axis)
            bias += (left * seen.mean).sum(axis=1) if seen.mean.ndim == 2 else left @ seen.mean
        layer.set_weights(data, bias)


def output_sqnr_db(real, quantized):
    """Of all outputs together, each weighed by its own power."""
    return float(np.mean([min(sqnr_db(a, b), 200.0) for a, b in zip(real, quantized)]))


def _choices(option):
    return (False, True) if option == "auto" else (bool(option),)
