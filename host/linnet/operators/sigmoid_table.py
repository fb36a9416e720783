"""The table that TFLite's 16-bit sigmoid and tanh interpolate: device/kernels/linnet_sigmoid.h."""

import math

import numpy as np

from linnet.graph import Tensor

N = 256
# Where TFLite's table is one more than the nearest integer.
ROUNDED_UP = {
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45, 46, 49, 50, 54,
    62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
}  # fmt: skip


def values():
    """(256,) uint16: sigmoid(i / 24) * 65536. TFLite's internal/common.h, sigmoid_table_uint16."""
    return np.array([round(65536 / (1 + math.exp(-i / 24))) + (i in ROUNDED_UP) for i in range(N)], np.uint16)


def tensor():
    """The table as a constant operand, int16: a model stores it once, however many layers use it."""
    return Tensor("sigmoid table", (N,), "int16", data=values().view(np.int16))
