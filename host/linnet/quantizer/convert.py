"""A float graph and a range for every activation become an int8 graph, operator by operator."""

from dataclasses import dataclass

import numpy as np

from linnet.graph import Graph, Operator, Quantization, Tensor
from linnet.quantizer import weights as weights_of
from linnet.quantizer.ranges import affine
from linnet.quantizer.scheme import ALL_ALIKE, WEIGHTED, Weighted, is_activation


@dataclass
class Layer:
    """An operator with weights, in both graphs."""

    real: Operator
    int8: Operator
    spec: Weighted

    @property
    def weights(self):
        """Of the float graph, any shape."""
        return self.real.inputs[self.spec.weights].data

    @property
    def quantized(self):
        """The int8 graph's Tensor of weights."""
        return self.int8.inputs[self.spec.weights]

    @property
    def bias(self):
        """Of the float graph (channels,), or None."""
        return _bias(self.real, self.spec)

    def set_weights(self, quantized, bias):
        """int8 weights (their own shape) and a float bias (channels,)."""
        scales = self.quantized.quant.scale
        self.quantized.data = quantized
        tensor = self.int8.inputs[self.spec.bias]
        tensor.data = weights_of.round_bias(bias, self.int8.inputs[self.spec.data].scale, np.broadcast_to(scales, len(bias)))


def quantizations(groups, ranges):
    """{representative of a group: Quantization}; ranges: {representative: (low, high)}."""
    found = {}
    for representative in groups.members():
        scale, zero_point = groups.fixed.get(representative) or affine(*ranges[representative])
        found[representative] = Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))
    return found


def to_int8(graph, groups, quants):
    """(int8 Graph, [Layer], {float activation: its int8 Tensor}): inputs and outputs are int8 too.

    graph: float, after the passes. groups: its Groups. quants: what quantizations gives.
    """
    made, layers, operators = {}, [], []

    def activation(tensor):
        if tensor not in made:
            made[tensor] = Tensor(tensor.name, tensor.shape, "int8", quants[groups.of(tensor)], None, tensor.source)
        return made[tensor]

    for op in graph.operators:
        inputs = [activation(t) if is_activation(t) else t for t in op.inputs]
        outputs = [activation(t) if is_activation(t) else t for t in op.outputs]
        new = Operator(op.kind, inputs, outputs, dict(op.attrs), op.index)
        if op.kind in WEIGHTED and inputs[WEIGHTED[op.kind].weights].data is not None:
            layers.append(_layer(op, new, WEIGHTED[op.kind]))
        else:
            new.inputs = [_constant(t) for t in inputs]
        if op.kind in ALL_ALIKE:
            operators += _alike(op, new)
        operators.append(new)
    inputs, outputs = ([activation(t) if is_activation(t) else t for t in side] for side in (graph.inputs, graph.outputs))
    return Graph(graph.name, inputs, outputs, operators), layers, made


def _bias(op, spec):
    tensor = op.inputs[spec.bias] if len(op.inputs) > spec.bias else None
    return None if tensor is None else tensor.data.reshape(-1).astype(np.float64)


def _layer(op, new, spec):
    real, bias = op.inputs[spec.weights], _bias(op, spec)
    input_scale = new.inputs[spec.data].scale
    scales = weights_of.scales_of(real.data, spec.axis, spec.per_channel)
    scales = weights_of.enough_for_bias(scales, bias, input_scale)
    quant = Quantization(scales, np.zeros(len(scales), np.int64), spec.axis)
    data = weights_of.round_weights(real.data, np.broadcast_to(scales, real.shape[spec.axis]), spec.axis)
    new.inputs[spec.weights] = Tensor(real.name, real.shape, "int8", quant, data, real.source)
    n = real.shape[spec.axis]
    name = op.inputs[spec.bias].name if bias is not None else real.name + "/bias"
    new.inputs += [None] * (spec.bias + 1 - len(new.inputs))
    bias_quant = Quantization(np.float32(input_scale) * scales, np.zeros(len(scales), np.int64))
    new.inputs[spec.bias] = Tensor(name, (n,), "int32", bias_quant, np.zeros(n, np.int32))
    layer = Layer(op, new, spec)
    layer.set_weights(data, np.zeros(n) if bias is None else bias)
    return layer


def _constant(tensor):
    """A float constant beside activations: per tensor, as an activation of its own range."""
    if tensor is None or tensor.data is None or tensor.dtype != "float32":
        return tensor
    low, high = min(0.0, float(tensor.data.min())), max(0.0, float(tensor.data.max()))
    scale, zero_point = affine(low, high)
    data = np.clip(np.rint(tensor.data / scale) + zero_point, -128, 127).astype(np.int8)
    quant = Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))
    return Tensor(tensor.name, tensor.shape, "int8", quant, data, tensor.source)


def _alike(op, new):
    """QUANTIZE operators before one whose operands must be quantized as its output; they take their places."""
    added = []
    for i, tensor in enumerate(new.inputs):
        wanted = new.outputs[0]
        if (tensor.scale, tensor.zero_point) == (wanted.scale, wanted.zero_point):
            continue
        if tensor.data is not None:
            real = op.inputs[i].data
            data = np.clip(np.rint(real / wanted.scale) + wanted.zero_point, -128, 127).astype(np.int8)
            new.inputs[i] = Tensor(tensor.name, tensor.shape, "int8", wanted.quant, data, tensor.source)
            continue
        alike = Tensor(f"{tensor.name}/requantized", tensor.shape, "int8", wanted.quant)
        added.append(Operator("QUANTIZE", [tensor], [alike], {}, op.index))
        new.inputs[i] = alike
    return added
