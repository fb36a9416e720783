"""Channels that have one value whatever the input, and channels that nobody looks at, are taken out of the graph.

Interval arithmetic (linnet/intervals.py) proves a channel constant; its consumers' biases take the value in. A constant
under a window that reaches outside its input can be taken in only where it is the zero point, which is what padding
reads as. Nothing changes in any output. Of MobileNets trained with weight decay this removes whole layers' worth.
"""

from dataclasses import replace

import numpy as np

from linnet.graph import Quantization, Tensor
from linnet.intervals import intervals, pads
from linnet.operators.channels import are_plain, bias_of

INT32 = np.iinfo(np.int32)
# Output channel c depends on channel c of the inputs alone: they lose the same channels.
CHANNELWISE = {
    "ABS", "ADD", "AVERAGE_POOL_2D", "DEPTHWISE_CONV_2D", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG",
    "LOGISTIC", "MAX_POOL_2D", "PAD", "QUANTIZE", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "TABLE", "TANH",
}  # fmt: skip
MIXING = {"CONV_2D", "FULLY_CONNECTED"}
RESHAPES = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"}


def run(graph):
    """Shrinks tensors and constants in place; tensors that lost channels say in `kept` which are left."""
    groups = _Groups(graph)
    ranges = intervals(graph)
    _find_needed(graph, groups, ranges)
    for op in graph.operators:
        if _is_mixing(op):
            _shrink_mixing(op, groups, ranges)
        elif op.kind == "DEPTHWISE_CONV_2D":
            _shrink_constants(op, groups.kept(op.outputs[0]))
        elif op.kind == "ADD":
            op.inputs = [_sliced(t, groups.kept(op.outputs[0])) if t.data is not None else t for t in op.inputs]
        elif _is_joining(op):
            kept = [np.flatnonzero(part) for part in _shares(op, groups.needed(op.outputs[0]))]
            op.inputs = [_sliced(t, part) if t.data is not None else t for t, part in zip(op.inputs, kept)]
    for tensor in groups.tensors:
        kept = groups.kept(tensor)
        if tensor.shape and len(kept) < tensor.shape[-1]:
            tensor.shape = (*tensor.shape[:-1], len(kept))
            tensor.kept = kept


class _Groups:
    """Tensors that must lose the same channels, and which channels of each group are needed."""

    def __init__(self, graph):
        self._parent = {tensor: tensor for tensor in graph.inputs + graph.outputs}  # no operator need use them
        for op in graph.operators:
            tensors = [t for t in op.inputs + op.outputs if t is not None and t.data is None]
            for tensor in tensors:
                self._parent.setdefault(tensor, tensor)
            if _is_channelwise(op):
                for tensor in tensors[1:]:
                    self._parent[self._root(tensor)] = self._root(tensors[0])
        self.tensors = list(self._parent)
        self._needed = {self._root(t): np.zeros(_n_channels(t), bool) for t in self.tensors}

    def _root(self, tensor):
        while self._parent[tensor] is not tensor:
            tensor = self._parent[tensor]
        return tensor

    def need(self, tensor, which=True):
        """Marks channels as needed; returns whether that was new."""
        mask = self._needed[self._root(tensor)]
        before = mask.sum()
        mask |= which
        return mask.sum() > before

    def needed(self, tensor):
        return self._needed[self._root(tensor)]

    def kept(self, tensor):
        """Indices of the channels that stay; at least one does."""
        kept = np.flatnonzero(self.needed(tensor))
        return kept if len(kept) else np.array([0])


def _n_channels(tensor):
    return tensor.shape[-1] if tensor.shape else 1


def _is_channelwise(op):
    if op.kind not in CHANNELWISE or (op.kind == "DEPTHWISE_CONV_2D" and not are_plain(op)):
        return False
    return all(t.data is not None or _n_channels(t) == _n_channels(op.outputs[0]) for t in op.inputs if t is not None)


def _is_mixing(op):
    """A convolution, or a dense layer over the last axis; one that flattens its input, or has groups, keeps all of it."""
    return op.kind in MIXING and op.inputs[0].dtype == "int8" and are_plain(op) and op.inputs[1].shape[-1] == _n_channels(op.inputs[0])


def _is_flattening(op):
    """A RESHAPE of one sample's (h, w, c) into rows of whole pixels: channel i of the output is channel i % c."""
    return op.kind in RESHAPES and len(op.outputs[0].shape) > 0 and _n_channels(op.outputs[0]) % _n_channels(op.inputs[0]) == 0


def _is_joining(op):
    """A CONCATENATION along the channels: each input's are some of the output's."""
    return op.kind == "CONCATENATION" and op.attrs["axis"] % len(op.outputs[0].shape) == len(op.outputs[0].shape) - 1


def _shares(op, mask):
    """A mask of the channels of a joining operator's output, as one for each input."""
    return np.split(mask, np.cumsum([_n_channels(t) for t in op.inputs])[:-1])


def _find_needed(graph, groups, ranges):
    """Works from the outputs back until nothing more is needed."""
    for tensor in graph.inputs + graph.outputs:
        groups.need(tensor)
    changed = True
    while changed:
        changed = False
        for op in reversed(graph.operators):
            changed |= any([groups.need(t, which) for t, which in _needs(op, groups, ranges)])


def _needs(op, groups, ranges):
    """[(tensor, channels of it that this operator needs)]."""
    if _is_mixing(op):
        weights = op.inputs[1].data.reshape(op.inputs[1].shape[0], -1, op.inputs[1].shape[-1])  # (out, taps, in)
        used = weights[groups.kept(op.outputs[0])].any(axis=(0, 1))
        return [(op.inputs[0], used & ~_foldable(op, ranges))]
    if _is_channelwise(op):
        return []
    if _is_joining(op):
        return _joining_needs(op, groups)
    if _is_flattening(op):
        times = _n_channels(op.outputs[0]) // _n_channels(op.inputs[0])
        inner = groups.needed(op.outputs[0]).reshape(times, -1).any(axis=0)
        return [(op.inputs[0], inner), (op.outputs[0], np.tile(groups.needed(op.inputs[0]), times))]
    return [(t, True) for t in op.inputs + op.outputs if t is not None and t.data is None]


def _joining_needs(op, groups):
    """Inputs and output of a joining operator need the same, and of each input one channel at least."""
    found, own = [], []
    for tensor, part in zip(op.inputs, _shares(op, groups.needed(op.outputs[0]))):
        if tensor.data is None:
            part = part | groups.needed(tensor)
        if not part.any():
            part = np.arange(len(part)) == 0
        if tensor.data is None:
            found.append((tensor, part))
        own.append(part)
    return [*found, (op.outputs[0], np.concatenate(own))]


def _foldable(op, ranges):
    """Input channels whose one value the bias can take in."""
    low, high = ranges[op.inputs[0]]
    constant = low == high
    if op.kind == "CONV_2D" and pads(op):
        constant &= low == op.inputs[0].zero_point
    folded = bias_of(op, op.inputs[1].shape[0]) + _contribution(op, np.flatnonzero(constant), low)
    fits = (folded >= INT32.min) & (folded <= INT32.max)
    return constant if fits.all() else np.zeros_like(constant)


def _contribution(op, which, values):
    """What input channels `which` at these values add to each output's accumulator: (out,) int64."""
    weights = op.inputs[1].data.astype(np.int64)
    sums = weights.reshape(weights.shape[0], -1, weights.shape[-1]).sum(axis=1)  # (out, in)
    return sums[:, which] @ (values[which] - op.inputs[0].zero_point)


def _shrink_mixing(op, groups, ranges):
    kept_in, kept_out = groups.kept(op.inputs[0]), groups.kept(op.outputs[0])
    if len(kept_in) == op.inputs[1].shape[-1] and len(kept_out) == op.inputs[1].shape[0]:
        return
    low, high = ranges[op.inputs[0]]
    dropped = np.setdiff1d(np.flatnonzero(low == high), kept_in)
    bias = bias_of(op, op.inputs[1].shape[0]) + _contribution(op, dropped, low)
    weights = op.inputs[1]
    name = f"{op.outputs[0].name} bias"
    if len(op.inputs) > 2 and op.inputs[2] is not None:
        name = op.inputs[2].name
    op.inputs = [op.inputs[0], weights, Tensor(name, (len(bias),), "int32", None, bias.astype(np.int32))]
    data = np.ascontiguousarray(weights.data[..., kept_in])
    op.inputs[1] = replace(weights, shape=data.shape, data=data)
    _shrink_constants(op, kept_out)


def _shrink_constants(op, kept):
    """Keeps output channels `kept` of the weights and the bias of a convolution or dense layer."""
    axis = 3 if op.kind == "DEPTHWISE_CONV_2D" else 0
    op.inputs = [op.inputs[0]] + [t if t is None else _sliced(t, kept, axis if i == 0 else 0) for i, t in enumerate(op.inputs[1:])]


def _sliced(tensor, kept, axis=-1):
    """A constant with only these indices along an axis, its quantization with it."""
    if not tensor.shape or tensor.shape[axis] in (len(kept), 1):
        return tensor
    axis %= len(tensor.shape)
    quant = tensor.quant
    if quant is not None and len(quant.scale) > 1 and quant.axis == axis:
        quant = Quantization(quant.scale[kept], quant.zero_point[kept], axis)
    data = np.ascontiguousarray(np.take(tensor.data, kept, axis=axis))
    return replace(tensor, shape=data.shape, quant=quant, data=data)
