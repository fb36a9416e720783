"""From float to int8: linnet.quantize(model, samples) and what `linnet quantize` does.

The scheme is TFLite's: per-channel symmetric weights, per-tensor asymmetric activations, int32 biases. The ranges, and
whether corrections help, are chosen by the error of the model's outputs on the calibration set.
"""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from linnet.errors import LinnetError
from linnet.graph import Graph
from linnet.quantizer import samples as samples_of
from linnet.quantizer.account import account, n_right
from linnet.quantizer.runner import Runner
from linnet.quantizer.search import Options, Quantized, output_sqnr_db, quantize_graph
from linnet.quantizer.widen import widen

__all__ = ["Evaluation", "Options", "Quantized", "Result", "evaluate", "quantize", "quantize_graph"]


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
    samples, _ = samples_of.load(calib, graph, "calibration")
    result = quantize_graph(make_graph, samples, options, progress, str(calib) if isinstance(calib, (str, Path)) else "calibration")
    # Packing may take channels out.
    packed = pack_graph(deepcopy(result.graph), source, labels, None, None, name, core, layout)
    real = Runner(result.real)
    found = Result(result, packed, account(result, samples), real.constant_bytes, real.arena_bytes, len(samples))
    if evaluation is not None:
        found.evaluation = evaluate(result, *samples_of.load(evaluation, graph, "evaluation"))
    return found


def evaluate(quantized, samples, labels=None):
    """The Evaluation of a Quantized on samples [[array per input], ...] and, perhaps, their classes (n,)."""
    real, int8 = Runner(quantized.real).outputs(samples), Runner(quantized.graph).outputs(samples)
    right = (None, None) if labels is None else (n_right(real[0], labels), n_right(int8[0], labels))
    return Evaluation(len(samples), output_sqnr_db(real, int8), *right)
