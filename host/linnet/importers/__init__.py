"""Readers of models; each gives a Graph. read() finds the one for a file."""

import copy
from pathlib import Path

from linnet.errors import LinnetError
from linnet.graph import Graph


# What read() takes, or has a sentence about; anything else may be a blob.
SUFFIXES = (".tflite", ".onnx", ".h5", ".keras", ".pb", ".pt", ".pth", ".pkl", ".joblib")


def is_model(path):
    """Whether a file's name is that of a model to import, not of a blob."""
    return Path(path).suffix in SUFFIXES


def read(source, allow_float=False):
    """The Graph of a model, before the passes.

    source: the path of a .tflite or .onnx file, or a Graph (from_torch and its like give one), which is copied. allow_float:
    whether its layers may work on real numbers. LinnetError for another kind of file, and for what the reader refuses.
    """
    from linnet.importers import floats

    if isinstance(source, Graph):
        graph, path = copy.deepcopy(source), None
    else:
        path = Path(source)
        graph = _read_file(path, allow_float)
    if not allow_float:
        floats.refuse(graph, path)
    return graph


def _read_file(path, allow_float):
    if path.suffix == ".onnx":
        from linnet.importers.onnx import read_onnx

        return read_onnx(path)
    if path.suffix in (".h5", ".keras", ".pb"):
        raise LinnetError(f"{path}: is a Keras or TensorFlow model; convert it to .tflite with tf.lite.TFLiteConverter first")
    if path.suffix in (".pt", ".pth"):
        raise LinnetError(f"{path}: is a PyTorch file, which needs its class; use linnet.from_torch(model, example) in Python")
    if path.suffix in (".pkl", ".joblib"):
        raise LinnetError(f"{path}: is a pickled estimator; use linnet.from_sklearn(estimator) in Python")
    from linnet.importers.tflite import read_tflite

    return read_tflite(path, allow_float)


def from_onnx(source):
    """The Graph of an ONNX file (path) or onnx.ModelProto: for linnet.quantize and linnet.pack."""
    from linnet.importers.onnx import read_onnx

    return read_onnx(source)


def from_torch(module, example):
    """The Graph of a PyTorch module, channel last; example: a tensor, or a tuple of them, as the module takes them."""
    from linnet.importers.pytorch import read_torch

    return read_torch(module, example)


def from_sklearn(estimator):
    """The Graph of a fitted scikit-learn estimator or Pipeline."""
    from linnet.importers.sklearn import read_sklearn

    return read_sklearn(estimator)
