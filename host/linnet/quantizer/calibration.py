"""What the activations of a float model are on the calibration set: ranges, histograms, and means of the layers' inputs."""

import numpy as np

from linnet.errors import LinnetError
from linnet.quantizer.patches import Moments
from linnet.quantizer.ranges import Observer
from linnet.quantizer.scheme import WEIGHTED, is_activation

FEW = 10  # samples: fewer are warned about


def check(samples, what):
    """Raises LinnetError unless the samples ([[array per input], ...]) are numbers; a warning where they are few, or None."""
    for number, sample in enumerate(samples):
        for x in sample:
            if not np.all(np.isfinite(x)):
                raise LinnetError(f"{what}: sample {number} holds NaN or infinity; take such samples out")
    if all(np.ptp(x) == 0 for sample in samples for x in sample):
        raise LinnetError(f"{what}: every sample is a constant; calibrate with real inputs")
    if len(samples) < FEW:
        n = "one sample" if len(samples) == 1 else f"{len(samples)} samples"
        return f"{what}: {n} tell little of the ranges; 100 are usual"
    return None


class Calibration:
    """observers: {representative: Observer}; moments: {operator: Moments} of the layers with weights; n: samples."""

    def __init__(self, runner, groups, samples, progress=iter):
        """Runs every sample twice through the float Runner. progress: wraps the list of samples."""
        self.n = len(samples)
        self.observers = {representative: Observer() for representative in groups.members()}
        self.moments = {op: Moments(op) for op in runner.graph.operators if op.kind in WEIGHTED and op.kind != "TRANSPOSE_CONV"}
        by_input = {}
        for op, moments in self.moments.items():
            by_input.setdefault(op.inputs[0], []).append(moments)
        rounds = [(number, sample) for number in range(2) for sample in samples]
        for number, sample in progress(rounds):
            for tensor, array in runner.tensors(sample):
                if is_activation(tensor):
                    observer = self.observers[groups.of(tensor)]
                    (observer.count if number else observer.see)(array)
                if number == 0:
                    for moments in by_input.get(tensor, []):
                        moments.see(array)

    def ranges(self, method):
        """{representative: (low, high)} by one of ranges.METHODS."""
        return {representative: observer.range(method) for representative, observer in self.observers.items()}
