"""Weights in less than a byte, or in half a float: four bits for dense layers and pointwise convolutions, float16 for a model
that stays in floats.

Four bits are few: every channel's scale is the one whose weights, rounded for the layer's outputs (rounding.py), change these
least, on what the layer met in calibration.
"""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Quantization, is_constant
from linnet.operators import int4, window
from linnet.quantizer import weights as weights_of
from linnet.quantizer.ranges import next_power_of_two
from linnet.quantizer.rounding import round_for_outputs
from linnet.quantizer.scheme import WEIGHTED

WEIGHTS = ("int8", "int4", "float16")
INT4_MAX = 7  # symmetric, as TFLite's
SHRINKS = np.linspace(1.0, 0.5, 13)  # of the largest weight: what the scales are tried from
N_REFITS = 1
RIDGE = 0.05  # of an input's mean square, added to all: weights must not stray where calibration happened to see nothing
FLOAT16_MAX = float(np.finfo(np.float16).max)


def narrow_weights(graph, moments, power_of_two=False):
    """{operator: ((channels,) float32 scales, weights in -7 ... 7 as int8)} of the layers that four bits make smaller.

    graph: float, after the passes. moments: {operator: patches.Moments} of its layers, with their products.
    """
    found = {}
    for op in graph.operators:
        if op not in moments or not _takes_int4(op):
            continue
        weights, gram = op.inputs[1].data, moments[op].gram
        gram = gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
        rows = weights.reshape(len(weights), -1).astype(np.float64)
        scales, q = _fitted(rows, gram, power_of_two)
        found[op] = scales, q.reshape(weights.shape)
    return found


def narrow(layers, found):
    """Gives the layers of a quantized graph (convert.Layer) what narrow_weights found, in place, but those on int16 activations."""
    for layer in layers:
        data = layer.int8.inputs[layer.spec.data]
        if layer.real not in found or data.dtype != "int8":
            continue
        scales, q = found[layer.real]
        rows, least = layer.weights.reshape(len(q), -1), weights_of.enough_for_bias(scales, layer.bias, data.scale)
        if np.any(least > scales):
            nearest = np.clip(np.rint(rows / least[:, None]), -INT4_MAX, INT4_MAX).astype(np.int8).reshape(q.shape)
            q = np.where((least > scales).reshape(-1, *[1] * (q.ndim - 1)), nearest, q)
        quant = Quantization(least, np.zeros(len(least), np.int64), layer.spec.axis)
        layer.int8.inputs[layer.spec.weights] = replace(layer.quantized, quant=quant, is_int4=True)
        layer.set_weights(q, np.zeros(len(q)) if layer.bias is None else layer.bias)


def _takes_int4(op):
    """Whether it is a dense layer or a pointwise convolution whose weights are smaller in four bits."""
    tensor = op.inputs[1]
    if tensor.data is None or op.kind not in ("CONV_2D", "FULLY_CONNECTED") or not int4.takes(replace(tensor, is_int4=True)):
        return False
    return op.kind == "FULLY_CONNECTED" or int4.is_pointwise(window.of(op)) and tensor.shape[3] == op.inputs[0].shape[3]


def _fitted(rows, gram, power_of_two):
    """(scales (channels,), int8 (channels, k)) for float weights (channels, k) on inputs with these mean products (k, k)."""
    widest = np.abs(rows).max(axis=1) / INT4_MAX
    widest = np.maximum(widest, max(widest.max() * 1e-6, weights_of.SMALLEST))  # of a channel without weights
    tried = np.unique([next_power_of_two(widest * shrink) if power_of_two else widest * shrink for shrink in SHRINKS], axis=0)
    rounded = [np.clip(np.rint(rows / scales[:, None]), -INT4_MAX, INT4_MAX) for scales in tried]
    errors = np.array([_errors(rows, scales, q, gram) for scales, q in zip(tried, rounded)])
    scales = tried[errors.argmin(axis=0), np.arange(len(rows))].astype(np.float32)
    q = round_for_outputs(rows, scales, gram, INT4_MAX)
    for _ in range(0 if power_of_two else N_REFITS):
        # The scale that suits these weights best, and then the weights that suit that scale.
        power, match = np.einsum("ck,ck->c", q @ gram, q), np.einsum("ck,ck->c", q @ gram, rows)
        refitted = np.where((power > 0) & (match > 0), match / np.maximum(power, 1e-30), scales).astype(np.float32)
        again = round_for_outputs(rows, refitted, gram, INT4_MAX)
        better = _errors(rows, refitted, again, gram) < _errors(rows, scales, q, gram)
        scales, q = np.where(better, refitted, scales), np.where(better[:, None], again, q)
    return scales, q


def _errors(rows, scales, q, gram):
    """Mean squared errors (channels,) of the outputs."""
    error = q * scales[:, None].astype(np.float64) - rows
    return np.einsum("ck,ck->c", error @ gram, error)


@dataclass
class HalfLayer:
    """A layer of a float model in float32, and in float16; what account.py asks of a convert.Layer."""

    real: Operator
    half: Operator

    @property
    def output(self):
        return self.half.outputs[0]

    @property
    def weights(self):
        return self.real.inputs[WEIGHTED[self.real.kind].weights].data

    @property
    def restored(self):
        return self.half.inputs[WEIGHTED[self.half.kind].weights].data.astype(np.float64)

    @property
    def kept_in(self):
        return "float16"


def to_float16(graph):
    """(Graph, [HalfLayer], {activation: its Tensor in the new graph}): a float graph whose layers' weights are float16.

    Raises LinnetError that names the layer where a weight is beyond what float16 holds.
    """
    made = deepcopy(graph)
    layers, pairs, halves = [], dict(zip(graph.inputs, made.inputs)), {}
    for real, half in zip(graph.operators, made.operators):
        pairs |= dict(zip(real.outputs, half.outputs))
        at = WEIGHTED[real.kind].weights if real.kind in WEIGHTED else None
        if at is None or not is_constant(half.inputs[at]):
            continue
        tensor = half.inputs[at]
        if np.abs(tensor.data).max() > FLOAT16_MAX:
            raise LinnetError(f"{graph.name}: {real}: weights go beyond {FLOAT16_MAX:.0f}, the most that float16 holds; keep float32")
        half.inputs[at] = halves.setdefault(tensor, replace(tensor, dtype="float16", data=tensor.data.astype(np.float16)))
        layers.append(HalfLayer(real, half))
    return made, layers, pairs
