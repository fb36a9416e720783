"""The graph that importers make, passes change and the packer lowers: tensors, operators, nothing else."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Quantization:
    """real = scale * (q - zero_point); one value per tensor, or one per index of `axis`."""

    scale: np.ndarray  # (1,) or (channels,) float32
    zero_point: np.ndarray  # same shape, int64
    axis: int = 0


@dataclass(eq=False)
class Tensor:
    """A value of the graph, NHWC; a constant when `data` is set."""

    name: str
    shape: tuple
    dtype: str  # NumPy's name: "int8", "uint8", "int16", "int32", "float32", "bool"
    quant: Quantization | None = None
    data: np.ndarray | None = None
    source: int | None = None  # its index in the imported file
    kept: np.ndarray | None = None  # the source's channels (last axis) that are left; None: all
    initial: np.ndarray | None = None  # of a variable, which keeps its value from run to run: its first one
    is_int4: bool = False  # an int8 constant that its file, or the quantizer, keeps to four bits
    open_shape: tuple | None = None  # with -1 where the file leaves a size open; shape then has 1 for the batch, -1 elsewhere

    @property
    def elements(self):
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def bytes(self):
        return self.elements * np.dtype(self.dtype).itemsize

    @property
    def scale(self):
        """The per-tensor scale as np.float32, 0 when there is none."""
        return np.float32(self.quant.scale[0]) if self.quant else np.float32(0)

    @property
    def zero_point(self):
        return int(self.quant.zero_point[0]) if self.quant else 0


def is_constant(tensor):
    """Whether an operand is there and constant."""
    return tensor is not None and tensor.data is not None


@dataclass(eq=False)
class Operator:
    """One operator under its TFLite name; absent optional inputs are None."""

    kind: str  # "CONV_2D"
    inputs: list
    outputs: list
    attrs: dict = field(default_factory=dict)
    index: int = 0  # its place in the imported file, for messages

    def __str__(self):
        return f'{self.kind} "{self.outputs[0].name}"' if self.outputs else self.kind


@dataclass(eq=False)
class Graph:
    name: str
    inputs: list
    outputs: list
    operators: list  # in an order in which they can run

    def producer(self, tensor):
        """The operator that makes this tensor, or None for inputs and constants."""
        return next((op for op in self.operators if tensor in op.outputs), None)

    def consumers(self, tensor):
        return [op for op in self.operators if tensor in op.inputs]


# A Step's overlap: output 0 may share memory with the input only if both start at the same byte.
IN_PLACE = "in place"


@dataclass(eq=False)
class Step:
    """An operator lowered to what the device runs: a record of FORMAT.md section 5, but for its places in memory."""

    code: int
    name: str  # of the device operator: "CONV_2D", "LUT"
    inputs: list  # tensors in the arena, or constants
    outputs: list
    params: bytes
    data: bytes  # constants, weights included
    macs: int
    # Per input: the least number of bytes by which output 0 must start before this input when the two share memory
    # (0: may start together); IN_PLACE: exactly together or not at all; None: they must not overlap.
    overlap: list
    kind: str = ""  # the operator(s) of the source it came from: "LOGISTIC"
    variant: int = 0


def variables(steps):
    """The variables that these Steps read or write, each once, in the order in which they come up."""
    tensors = [tensor for step in steps for tensor in step.inputs + step.outputs]
    return list(dict.fromkeys(tensor for tensor in tensors if tensor.initial is not None))
