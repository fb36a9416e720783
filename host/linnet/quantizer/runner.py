"""A graph on the host's C core, sample by sample, with every tensor on the way."""

import numpy as np

from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble


class Runner:
    """Runs a Graph, float or int8, after the passes."""

    def __init__(self, graph):
        packed = assemble(lower(graph), graph.inputs, graph.outputs)
        self._model = Model(packed.data)
        self._tensors = packed.tensors  # by row
        self.graph = graph
        self.constant_bytes = len(packed.blob.weights)
        self.arena_bytes = packed.blob.arena_bytes

    def tensors(self, sample):
        """Yields (graph.Tensor, array in its shape) of the inputs and of everything computed, for one sample ([array, ...])."""
        yield from zip(self.graph.inputs, sample)
        for index, _, made in self._model.steps(sample):
            for row, array in zip(self._model.blob.operators[index].outputs, made):
                yield self._tensors[row], array

    def outputs(self, samples):
        """[(n, ...) float32 array of each output] for n samples; quantized ones are dequantized."""
        rows = [self._model.predict(sample, real=True) for sample in samples]
        shapes = [tensor.shape for tensor in self.graph.outputs]
        return [np.stack([row[i].reshape(shape) for row in rows]) for i, shape in enumerate(shapes)]


def sqnr_db(real, quantized):
    """Signal to quantization noise in dB, of arrays of the same shape; infinite where they are equal."""
    real = np.asarray(real, np.float64)
    noise = float(np.sum((real - quantized) ** 2))
    return float("inf") if noise == 0 else 10 * float(np.log10(max(np.sum(real**2), 1e-30) / noise))
