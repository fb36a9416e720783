"""Layers on real numbers, which nobody wants on a small board unawares: one sentence for the whole model."""

from pathlib import Path

from linnet.errors import LinnetError
from linnet.operators import works_on

# What takes nearly all of a model's time and memory.
LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def refuse(graph, source):
    """LinnetError that names the first layer of a Graph that works on float32, and the command that quantizes its model.

    source: the path it was read from, or None for a Graph made in Python.
    """
    for op in graph.operators:
        if op.kind in LAYERS and works_on(op) == "float32":
            what, command = (f"{source}: ", f"linnet quantize {source} --calib X.npz") if source else ("", "linnet.quantize(graph, samples)")
            as_it_is = "pack it as it is with --allow-float" if source else "pack it as it is with allow_float=True"
            raise LinnetError(
                f"{what}{op} (operator {op.index}) works on float32; {_remedy(graph, op, source)}: {command}, "
                f"or {as_it_is}: slow on a board without an FPU"
            )


def _remedy(graph, op, source):
    if any(tensor is not None and tensor.data is not None and tensor.dtype == "int8" for tensor in op.inputs):
        return "its weights are int8 (dynamic-range quantization): quantize activations as well"
    if any(t.dtype == "int8" for other in graph.operators for t in other.outputs) and Path(source or "").suffix == ".onnx":
        return "other layers are quantized: quantize its input, weights and output, too, or start from the float model"
    return "quantize the model to int8 first"
