"""What is random in a case: shapes, strides, paddings, activations and quantization, from a seed of the case's own."""

import zlib

import numpy as np
import tflite
from tflite_builder import Tensor, single_op_model

FILLS = ("random", "random", "random", "low", "high", "alternating")
WEIGHT_FILLS = ("random", "small", "random", "low", "high", "alternating")  # small sums meet ties in rounding
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


class Draw:
    """Everything random in one case. Case i of an operator is the same whatever the others are."""

    def __init__(self, operator, index):
        self.rng = np.random.default_rng([zlib.crc32(operator.encode()), index])
        self.index = index
        self.fill = FILLS[index % len(FILLS)]
        self.activation_name = ACTIVATIONS[index // 2 % len(ACTIVATIONS)]
        self.activation = getattr(tflite.ActivationFunctionType, self.activation_name)
        self.same = bool(index % 2)
        self.padding = tflite.Padding.SAME if self.same else tflite.Padding.VALID

    def choice(self, *values):
        return values[self.rng.integers(len(values))]

    def integer(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def scale(self, low=1e-3, high=0.5):
        return float(np.float32(np.exp(self.rng.uniform(np.log(low), np.log(high)))))

    def zero_point(self):
        return self.choice(-128, 127, 0, *self.rng.integers(-127, 127, 3).tolist())

    def int8(self, shape, fill=None, low=-128):
        """An int8 array (shape) of the case's fill."""
        fill = fill or self.fill
        if fill == "random":
            return self.rng.integers(low, 128, shape).astype(np.int8)
        values = {"low": [low], "high": [127], "alternating": [low, 127]}[fill]
        return np.resize(np.array(values, np.int8), shape)

    def weights(self, shape):
        """int8 weights (shape) in -127 ... 127."""
        fill = self.second_fill(WEIGHT_FILLS)
        if fill == "small":
            return self.rng.integers(-3, 4, shape).astype(np.int8)
        return self.int8(shape, fill, low=-127)

    def second_fill(self, fills=FILLS):
        """The fill of a second operand; it goes on at a pace of its own, so that the fills meet in many pairs."""
        return fills[self.index * 5 // 3 % len(fills)]

    def tensor(self, shape, **kwargs):
        """An int8 tensor (shape) with drawn quantization."""
        return Tensor(tuple(shape), "int8", self.scale(**kwargs), self.zero_point())

    def reach(self, spread):
        """An output scale for results that spread this far, in three of four cases a sensible one."""
        return float(np.float32(spread * self.choice(1 / 40, 1 / 60, 1 / 25, 1 / 80, 1 / 33, 1 / 50, 1e-3, 3.0)))


def out_size(size, kernel, stride, dilation, same):
    """TFLite's output size along one axis; 0 or less where the kernel does not fit."""
    return -(-(size if same else size - dilation * (kernel - 1)) // stride)


def window(d, dilations=(1, 1, 1, 2)):
    """Draw (in_hw, out_hw, kernel_hw, stride_hw, dilation_hw) with at least one output pixel."""
    while True:
        size = d.integer(1, 9), d.integer(1, 9)
        kernel = d.choice((1, 1), (3, 3), (3, 3), (2, 2), (2, 3), (5, 1), (4, 5))
        stride = d.choice((1, 1), (1, 1), (2, 2), (2, 1), (3, 2))
        dilation = (d.choice(*dilations),) * 2
        out = tuple(out_size(*axis, d.same) for axis in zip(size, kernel, stride, dilation))
        if min(out) > 0:
            return size, out, kernel, stride, dilation


def filter_scales(d, channels):
    """Draw one scale (a number) or one a channel (channels), now and then a channel whose multiplier is nothing."""
    if d.index % 4 == 1 or d.index == 19:
        return d.scale(1e-3, 0.1)
    scales = np.array([d.scale(1e-3, 0.1) for _ in range(channels)], np.float32)
    if d.index % 8 == 6 and channels > 2:
        scales[0] = 1e-12
    return scales


def every_int8(d):
    """All 256 values of an int8, in an order of the case's own."""
    return d.rng.permutation(np.arange(-128, 128)).astype(np.int8).reshape(1, 16, 16, 1)


def elementwise(operator, x, y, data):
    return single_op_model(operator, None, [x], [y]), [data]
