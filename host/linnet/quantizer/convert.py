"""A float graph and a range for every activation become an int8 graph, operator by operator."""

from dataclasses import dataclass

import numpy as np

from linnet.graph import Graph, Operator, Quantization, Tensor
from linnet.quantizer import weights as weights_of
from linnet.quantizer.ranges import affine, next_power_of_two, quantization, symmetric
from linnet.quantizer.scheme import ALL_ALIKE, FIXED_WIDE, WEIGHTED, Weighted, can_be_wide, is_activation


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

    @property
    def output(self):
        """The int8 graph's Tensor of what the layer makes."""
        return self.int8.outputs[0]

    @property
    def restored(self):
        """The weights that the int8 graph has, as float64."""
        scales = np.broadcast_to(self.quantized.quant.scale, self.weights.shape[self.spec.axis])
        return weights_of.dequantize(self.quantized.data, scales, self.spec.axis)

    @property
    def kept_in(self):
        """What the weights are."""
        return "int4" if self.quantized.is_int4 else "int8"

    def set_weights(self, quantized, bias):
        """int8 weights (their own shape) and a float bias (channels,)."""
        scales = self.quantized.quant.scale
        self.quantized.data = quantized
        tensor = self.int8.inputs[self.spec.bias]
        input_scale = self.int8.inputs[self.spec.data].scale
        tensor.data = weights_of.round_bias(bias, input_scale, np.broadcast_to(scales, len(bias)), tensor.dtype)


def quantizations(groups, ranges, power_of_two=False):
    """{representative of a group: its Quantization in int8}; ranges: {representative: (low, high)}."""
    found = {}
    for representative in groups.members():
        found[representative] = quantization(*(groups.fixed.get(representative) or affine(*ranges[representative], power_of_two)))
    return found


def to_int8(graph, groups, quants, wide=None, power_of_two=False):
    """(int8 Graph, [Layer], {float activation: its Tensor}): inputs and outputs are int8 too.

    graph: float, after the passes. groups: its Groups. quants: what quantizations gives. wide: {representative of a group that
    is kept in int16: its Quantization}; an operator that reads or writes such a tensor works on int16.
    """
    wide = wide or {}
    made, casts, layers, operators = {}, {}, [], []

    def activation(tensor):
        if tensor not in made:
            group = groups.of(tensor)
            dtype, quant = ("int16", wide[group]) if group in wide else ("int8", quants[group])
            made[tensor] = Tensor(tensor.name, tensor.shape, dtype, quant, None, tensor.source)
        return made[tensor]

    for op in graph.operators:
        inputs = [activation(t) if is_activation(t) else t for t in op.inputs]
        outputs = [activation(t) if is_activation(t) else t for t in op.outputs]
        new = Operator(op.kind, inputs, outputs, dict(op.attrs), op.index)
        before, after = _casts(op, new, groups, quants, wide, casts, power_of_two)
        if op.kind in WEIGHTED and inputs[WEIGHTED[op.kind].weights].data is not None:
            layers.append(_layer(op, new, WEIGHTED[op.kind], power_of_two))
        else:
            new.inputs = [_constant(t, works_in_int16(op, groups, wide), power_of_two) for t in new.inputs]
        if op.kind in ALL_ALIKE:
            before += _alike(op, new)
        operators += [*before, new, *after]
    inputs, outputs = ([activation(t) if is_activation(t) else t for t in side] for side in (graph.inputs, graph.outputs))
    return Graph(graph.name, inputs, outputs, operators), layers, made


def works_in_int16(op, groups, wide):
    """Whether an operator can, and an activation of it is in one of the groups `wide`."""
    return can_be_wide(op) and any(groups.of(t) in wide for t in op.inputs + op.outputs if is_activation(t))


def _casts(op, new, groups, quants, wide, casts, power_of_two):
    """(QUANTIZE operators before, and after): all activations of an operator come in the dtype it works in."""
    dtype = "int16" if works_in_int16(op, groups, wide) else "int8"
    before, after = [], []
    for i, tensor in enumerate(new.inputs):
        if not is_activation(op.inputs[i]) or tensor.dtype == dtype:
            continue
        if (tensor, dtype) not in casts:
            narrow = quants[groups.of(op.inputs[i])]
            quant = widened(narrow, power_of_two) if dtype == "int16" else narrow
            casts[tensor, dtype] = Tensor(f"{tensor.name}/{dtype}", tensor.shape, dtype, quant)
            before.append(Operator("QUANTIZE", [tensor], [casts[tensor, dtype]], {}, op.index))
        new.inputs[i] = casts[tensor, dtype]
    for i, tensor in enumerate(new.outputs):
        if is_activation(op.outputs[i]) and tensor.dtype != dtype:
            quant = quantization(FIXED_WIDE[op.kind], 0) if op.kind in FIXED_WIDE else widened(tensor.quant, power_of_two)
            new.outputs[i] = Tensor(f"{tensor.name}/{dtype}", tensor.shape, dtype, quant)
            after.append(Operator("QUANTIZE", [new.outputs[i]], [tensor], {}, op.index))
    return before, after


def widened(quant, power_of_two=False):
    """The Quantization in int16 that covers one in int8."""
    scale, zero_point = float(quant.scale[0]), int(quant.zero_point[0])
    return quantization(symmetric(-(128 + zero_point) * scale, (127 - zero_point) * scale, power_of_two), 0)


def _bias(op, spec):
    tensor = op.inputs[spec.bias] if len(op.inputs) > spec.bias else None
    return None if tensor is None else tensor.data.reshape(-1).astype(np.float64)


def _layer(op, new, spec, power_of_two):
    real, bias = op.inputs[spec.weights], _bias(op, spec)
    is_wide, input_scale = new.inputs[spec.data].dtype == "int16", new.inputs[spec.data].scale
    scales = weights_of.scales_of(real.data, spec.axis)
    if not is_wide:
        scales = weights_of.enough_for_bias(scales, bias, input_scale)
    if power_of_two:
        scales = next_power_of_two(scales)
    quant = Quantization(scales, np.zeros(len(scales), np.int64), spec.axis)
    data = weights_of.round_weights(real.data, np.broadcast_to(scales, real.shape[spec.axis]), spec.axis)
    new.inputs[spec.weights] = Tensor(real.name, real.shape, "int8", quant, data, real.source)
    n = real.shape[spec.axis]
    name = op.inputs[spec.bias].name if bias is not None else real.name + "/bias"
    new.inputs += [None] * (spec.bias + 1 - len(new.inputs))
    bias_quant = Quantization(np.float32(input_scale) * scales, np.zeros(len(scales), np.int64))
    dtype = "int64" if is_wide else "int32"
    new.inputs[spec.bias] = Tensor(name, (n,), dtype, bias_quant, np.zeros(n, dtype))
    layer = Layer(op, new, spec)
    layer.set_weights(data, np.zeros(n) if bias is None else bias)
    return layer


def _constant(tensor, is_wide, power_of_two):
    """A float constant beside activations: per tensor, as an activation of its own range."""
    if tensor is None or tensor.data is None or tensor.dtype != "float32":
        return tensor
    low, high = min(0.0, float(tensor.data.min())), max(0.0, float(tensor.data.max()))
    scale, zero_point = (symmetric(low, high, power_of_two), 0) if is_wide else affine(low, high, power_of_two)
    dtype = "int16" if is_wide else "int8"
    limits = np.iinfo(dtype)
    data = np.clip(np.rint(tensor.data / scale) + zero_point, limits.min, limits.max).astype(dtype)
    return Tensor(tensor.name, tensor.shape, dtype, quantization(scale, zero_point), data, tensor.source)


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
