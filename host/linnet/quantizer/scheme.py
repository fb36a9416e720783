"""TFLite's int8 scheme: which tensors share a scale, which have one that the operator fixes, which are weights.

https://ai.google.dev/edge/litert/models/quantization_spec
"""

from dataclasses import dataclass

from linnet.errors import LinnetError
from linnet.quantizer.ranges import quantization, symmetric

# The output has this scale and zero point whatever comes in.
FIXED = {
    "SOFTMAX": (1 / 256, -128),
    "LOGISTIC": (1 / 256, -128),
    "TANH": (1 / 128, 0),
    "LOG_SOFTMAX": (16 / 256, 127),
    "L2_NORMALIZATION": (1 / 128, 0),
}
# The output is quantized as input 0.
LIKE_INPUT = {
    "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "PAD", "PADV2", "MIRROR_PAD", "TRANSPOSE", "SLICE",
    "STRIDED_SLICE", "UNPACK", "GATHER", "TILE", "REVERSE_V2", "BROADCAST_TO", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR",
    "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "REDUCE_MAX", "REDUCE_MIN",
}  # fmt: skip
# As LIKE_INPUT, but the data is another operand.
LIKE_OPERAND = {"SPLIT": 1, "SPLIT_V": 0}
# Every operand, and the output, are quantized alike.
ALL_ALIKE = {"CONCATENATION", "PACK", "MAXIMUM", "MINIMUM"}
# The output gets a range of its own.
OWN = {
    "ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MEAN", "SUM", "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "PRELU", "ELU",
    "HARD_SWISH", "ABS", "SQRT", "RSQRT", "EXP", "LOG", "NEG", "SQUARE", "BATCH_MATMUL",
}  # fmt: skip


@dataclass(frozen=True)
class Weighted:
    """Where an operator with weights has its operands; axis: of the weights' output channels."""

    data: int
    weights: int
    bias: int
    axis: int


WEIGHTED = {
    "CONV_2D": Weighted(0, 1, 2, 0),
    "DEPTHWISE_CONV_2D": Weighted(0, 1, 2, 3),
    "FULLY_CONNECTED": Weighted(0, 1, 2, 0),
    "TRANSPOSE_CONV": Weighted(2, 1, 3, 0),
}

# What works on int16 activations as well, and the scale that it fixes there.
WIDE = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "SUM",
    "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "SOFTMAX", "LOGISTIC", "TANH", "RESHAPE", "SQUEEZE", "EXPAND_DIMS",
}  # fmt: skip
FIXED_WIDE = dict.fromkeys(("SOFTMAX", "LOGISTIC", "TANH"), 1 / 32768)


def is_activation(tensor):
    """A real-valued tensor that is not constant."""
    return tensor is not None and tensor.data is None and tensor.dtype == "float32"


def can_be_wide(op):
    """Whether there is an operator on int16 for it."""
    return op.kind in WIDE and (op.kind not in WEIGHTED or op.inputs[WEIGHTED[op.kind].weights].data is not None)


def like(op):
    """The operand that output 0 is quantized like, or None."""
    if op.kind in LIKE_INPUT:
        return op.inputs[0]
    return op.inputs[LIKE_OPERAND[op.kind]] if op.kind in LIKE_OPERAND else None


class Groups:
    """The activations of a graph in groups that share a scale."""

    def __init__(self, graph):
        """Raises LinnetError that names an operator which int8 does not have."""
        self.graph = graph
        self._parent = {tensor: tensor for tensor in graph.inputs if is_activation(tensor)}
        self.fixed = {}  # representative: (scale, zero point)
        for op in graph.operators:
            outputs = [tensor for tensor in op.outputs if is_activation(tensor)]
            self._parent |= {tensor: tensor for tensor in outputs}
            if not outputs or not any(map(is_activation, op.inputs)):
                continue
            if op.kind in FIXED:
                self.fixed[outputs[0]] = FIXED[op.kind]
            elif like(op) is not None:
                for tensor in outputs:
                    self._join(like(op), tensor)
            elif op.kind in ALL_ALIKE:
                for tensor in filter(is_activation, op.inputs):
                    if self.of(tensor) not in self.fixed and tensor not in graph.inputs:
                        self._join(tensor, outputs[0])
            elif op.kind not in WEIGHTED and op.kind not in OWN:
                raise LinnetError(f"{graph.name}: {op} has no int8 form; take it out of the model, or pack it with --allow-float")

    def of(self, tensor):
        """The tensor that stands for this one's group."""
        while self._parent[tensor] is not tensor:
            tensor = self._parent[tensor]
        return tensor

    def members(self):
        """{representative: its tensors}."""
        found = {}
        for tensor in self._parent:
            found.setdefault(self.of(tensor), []).append(tensor)
        return found

    def that_can_be_wide(self):
        """Representatives of the groups that int16 operators make, none of them an input or output of the graph."""
        ends = {self.of(tensor) for tensor in self.graph.inputs + self.graph.outputs if tensor in self._parent}
        narrow = {
            self.of(tensor)
            for op in self.graph.operators
            for tensor in filter(is_activation, op.outputs)
            if tensor in self._parent and not can_be_wide(op)
        }
        return [group for group in self.members() if group not in ends | narrow]

    def wide_quantizations(self, representatives, ranges, power_of_two=False):
        """{representative: its Quantization in int16}; ranges: {representative: (low, high)}."""
        found = {}
        for group in representatives:
            maker = self.graph.producer(group)
            scale = FIXED_WIDE.get(maker.kind) or symmetric(*ranges[group], power_of_two)
            found[group] = quantization(scale, 0)
        return found

    def _join(self, a, b):
        a, b = self.of(a), self.of(b)
        if a is not b:
            self._parent[b] = a
            if b in self.fixed:
                self.fixed[a] = self.fixed.pop(b)
