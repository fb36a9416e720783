"""What the activations of a float model are on the calibration set: ranges, histograms, and means of the layers' inputs."""

import numpy as np

from linnet.quantizer.patches import Moments
from linnet.quantizer.ranges import Observer
from linnet.quantizer.scheme import WEIGHTED, is_activation


class Calibration:
    """observers: {representative: Observer}; moments: {operator: Moments} of the layers with weights; outputs: the model's
    [(n, ...) array] on n samples."""

    def __init__(self, runner, groups, samples, progress=iter, products=False):
        """Runs every sample twice through the float Runner. progress: wraps the list of samples. products: see Moments."""
        self._ranges = {}  # by method
        self.observers = {representative: Observer() for representative in groups.members()}
        self.moments = {op: Moments(op, products) for op in runner.graph.operators if op.kind in WEIGHTED and op.kind != "TRANSPOSE_CONV"}
        by_input = {}
        for op, moments in self.moments.items():
            by_input.setdefault(op.inputs[0], []).append(moments)
        rounds = [(number, sample) for number in range(2) for sample in samples]
        made = {tensor: [] for tensor in runner.graph.outputs}
        for number, sample in progress(rounds):
            for tensor, array in runner.tensors(sample):
                if number == 0 and tensor in made:
                    made[tensor].append(array)
                if is_activation(tensor):
                    observer = self.observers[groups.of(tensor)]
                    (observer.count if number else observer.see)(array)
                if number == 0:
                    for moments in by_input.get(tensor, []):
                        moments.see(array)
        self.outputs = [np.stack(made[tensor]).reshape(len(samples), *tensor.shape) for tensor in runner.graph.outputs]

    def ranges(self, method):
        """{representative: (low, high)} by one of ranges.METHODS."""
        if method not in self._ranges:
            self._ranges[method] = {representative: observer.range(method) for representative, observer in self.observers.items()}
        return self._ranges[method]
