"""Weights of a float model that are stored in int8 (dynamic range) or float16, as single precision."""

import numpy as np

from linnet.graph import Tensor, is_constant


def widen(graph):
    """Replaces them in place; returns the graph."""
    made = {}
    for op in graph.operators:
        for i, tensor in enumerate(op.inputs):
            if is_constant(tensor) and (tensor.dtype == "float16" or tensor.dtype == "int8" and tensor.quant is not None):
                op.inputs[i] = made.setdefault(tensor, _real(tensor))
    return graph


def _real(tensor):
    data = tensor.data.astype(np.float32)
    if tensor.dtype == "int8":
        shape = [1] * data.ndim
        if len(tensor.quant.scale) > 1:
            shape[tensor.quant.axis] = -1
        data = tensor.quant.scale.reshape(shape) * (data - tensor.quant.zero_point.astype(np.float32).reshape(shape))
    return Tensor(tensor.name, tensor.shape, "float32", None, np.ascontiguousarray(data, np.float32), tensor.source)
