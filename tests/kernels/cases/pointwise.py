"""Cases of operators of one input that become a LUT."""

import numpy as np
from cases.draw import elementwise, every_int8
from tflite_builder import Options, Tensor, single_op_model

SHAPE = (1, 16, 16, 1)


def rescaled(d, x, *ratios):
    return Tensor(SHAPE, "int8", float(np.float32(x.scale * d.choice(*ratios))), d.zero_point())


def wide_scale(d):
    return d.choice(d.scale(1e-3, 0.05), d.scale(0.05, 0.3), d.scale(0.3, 8.0))


def leaky_relu(d):
    x = d.tensor(SHAPE)
    options = Options("LeakyReluOptions", {"Alpha": d.choice(0.01, 0.1, 0.2, 0.3, 1.5, 0.0)})
    return single_op_model("LEAKY_RELU", options, [x], [rescaled(d, x, 0.5, 0.3, 1, 1, 1.7, 0.02)]), [every_int8(d)]


def relu_0_to_1(d):
    x = d.tensor(SHAPE)
    return elementwise("RELU_0_TO_1", x, rescaled(d, x, 0.5, 0.3, 1, 1.7) if d.index % 3 else x, every_int8(d))


def relu_n1_to_1(d):
    x = d.tensor(SHAPE)
    return elementwise("RELU_N1_TO_1", x, rescaled(d, x, 0.5, 0.3, 1, 1.7) if d.index % 3 else x, every_int8(d))


def hard_swish(d):
    x = Tensor(SHAPE, "int8", wide_scale(d), d.zero_point())
    options = Options("HardSwishOptions", {})
    return single_op_model("HARD_SWISH", options, [x], [rescaled(d, x, 0.5, 0.3, 0.9, 1, 1.7, 0.02)]), [every_int8(d)]


def tanh(d):
    x = Tensor(SHAPE, "int8", wide_scale(d), d.zero_point())
    return elementwise("TANH", x, Tensor(SHAPE, "int8", 1 / 128, 0), every_int8(d))


def elu(d):
    x = Tensor(SHAPE, "int8", wide_scale(d), d.zero_point())
    return elementwise("ELU", x, rescaled(d, x, 0.5, 0.3, 0.9, 1, 1.7, 0.02), every_int8(d))


def gelu(d):
    x = Tensor(SHAPE, "int8", wide_scale(d), d.zero_point())
    options = Options("GeluOptions", {"Approximate": bool(d.index % 2)})
    return single_op_model("GELU", options, [x], [rescaled(d, x, 0.5, 0.3, 0.9, 1, 1.7, 0.02)]), [every_int8(d)]


def exp(d):
    x = Tensor(SHAPE, "int8", d.scale(1e-3, 0.2), d.zero_point())
    most = np.exp(min(88, x.scale * (127 - x.zero_point)))
    y = Tensor(SHAPE, "int8", float(np.float32(most / 256 * d.choice(0.5, 1, 1, 3))), d.choice(-128, -128, 0, 127))
    return elementwise("EXP", x, y, every_int8(d))


def log(d):
    x = d.tensor(SHAPE)
    return elementwise("LOG", x, Tensor(SHAPE, "int8", d.scale(0.01, 0.2), d.zero_point()), every_int8(d))


def absolute(d):
    x = d.tensor(SHAPE)
    return elementwise("ABS", x, rescaled(d, x, 0.5, 0.3, 1, 1.7, 0.02) if d.index % 3 else x, every_int8(d))


def rsqrt(d):
    x = Tensor(SHAPE, "int8", d.scale(1e-3, 0.5), d.choice(-128, -128, -100, 0))
    data = np.maximum(every_int8(d), x.zero_point + d.index % 2).astype(np.int8)  # of negative numbers there is none
    y = Tensor(SHAPE, "int8", float(np.float32(x.scale ** -0.5 / 127 * d.choice(1, 0.5, 2, 0.1))), d.choice(-128, -128, 0))
    return elementwise("RSQRT", x, y, data)


OPERATORS = (leaky_relu, relu_0_to_1, relu_n1_to_1, hard_swish, tanh, elu, gelu, exp, log, absolute, rsqrt)
