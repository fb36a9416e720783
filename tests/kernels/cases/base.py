"""Cases of the operators of group base, and of those that become a LUT."""

import numpy as np
import tflite
from cases.draw import WEIGHT_FILLS, elementwise, every_int8, filter_scales, window
from tflite_builder import Options, Tensor, constant, single_op_model

HALVES = 1  # in this case of sums every other result ends in a half if, and only if, the scales' product is a float32


def sums(d, operator, options, x, weights, scales, axis, out_shape, with_bias=True, is_int4=False):
    """Finish a case of CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED; weights' channels lie along axis."""
    channels = weights.shape[axis]
    spread = 75 * float(np.linalg.norm(weights)) / channels ** 0.5  # of a sum, were the inputs random
    constants = [constant(weights, scales, axis)]
    if is_int4:
        constants[0][0].dtype = "int4"
    if with_bias:
        biases = d.rng.normal(0, spread / 2, channels).astype(np.int32)
        constants.append(constant(biases, np.float32(x.scale) * np.asarray(scales, np.float32)))
    scale = d.reach(x.scale * float(np.median(scales)) * (spread + 1))
    if d.index == HALVES:
        scale = float(2 * np.float32(x.scale) * np.float32(scales))
        x.zero_point = 3
    y = Tensor(out_shape, "int8", scale, 3 if d.index == HALVES else d.zero_point())
    return single_op_model(operator, options, [x], [y], constants), [d.int8(x.shape)]


def conv_2d(d):
    size, out, kernel, stride, dilation = window(d)
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 17), d.choice(1, 2, 4, 5, 16)
    options = Options("Conv2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "FusedActivationFunction": d.activation})
    weights = d.weights((out_c, *kernel, in_c))
    return sums(d, "CONV_2D", options, d.tensor((batch, *size, in_c)), weights, filter_scales(d, out_c), 0,
                (batch, *out, out_c))


def depthwise_conv_2d(d):
    size, out, kernel, stride, dilation = window(d)
    batch, in_c, multiplier = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 17), 1 + d.index // 3 % 2
    options = Options("DepthwiseConv2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "DepthMultiplier": multiplier, "FusedActivationFunction": d.activation})
    out_c = in_c * multiplier
    weights = d.weights((1, *kernel, out_c))
    return sums(d, "DEPTHWISE_CONV_2D", options, d.tensor((batch, *size, in_c)), weights, filter_scales(d, out_c), 3,
                (batch, *out, out_c))


def fully_connected(d):
    rows, out_n = (16, 32) if d.second_fill(WEIGHT_FILLS) == "small" else (d.choice(1, 1, 8), d.choice(1, 10, 16, 32))
    shape = d.choice((rows, 1), (rows, 7), (rows, 64), (rows, 130), (rows, 2, 3, 5))
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation})
    weights = d.weights((out_n, int(np.prod(shape[1:]))))
    return sums(d, "FULLY_CONNECTED", options, d.tensor(shape), weights, filter_scales(d, out_n), 0, (rows, out_n),
                with_bias=d.index not in (5, 10))


def pool(d, operator):
    size, out, kernel, stride, _ = window(d, dilations=(1,))
    batch, channels = d.choice(1, 1, 2), d.choice(1, 3, 4, 16, 21)
    options = Options("Pool2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FilterHeight": kernel[0],
        "FilterWidth": kernel[1], "FusedActivationFunction": d.activation})
    x = d.tensor((batch, *size, channels), high=0.1)
    y = Tensor((batch, *out, channels), "int8", x.scale, x.zero_point)
    return single_op_model(operator, options, [x], [y]), [d.int8(x.shape)]


def average_pool_2d(d):
    return pool(d, "AVERAGE_POOL_2D")


def max_pool_2d(d):
    return pool(d, "MAX_POOL_2D")


def add(d):
    shape = d.choice((1, 4, 5, 8), (2, 3, 3, 3), (1, 37), (5, 1, 7), (64,))
    inputs = [d.tensor(shape), d.tensor(shape)]
    if d.index % 5 == 4:  # quantized alike, as a residual often is
        inputs[1] = inputs[0]
    y = Tensor(shape, "int8", d.reach(75 * (inputs[0].scale + inputs[1].scale)), d.zero_point())
    options = Options("AddOptions", {"FusedActivationFunction": d.activation})
    data = [d.int8(shape), d.int8(shape, d.second_fill())]
    if d.index % 8 == 7:  # a constant second operand; its zero point is 0
        return single_op_model("ADD", options, inputs[:1], [y], [constant(data[1], inputs[1].scale)]), data[:1]
    return single_op_model("ADD", options, inputs, [y]), data


def pad(d):
    shape = d.choice((1, 4, 5, 3), (2, 3, 1, 4), (3, 5), (2, 3, 4), (6,))
    paddings = d.rng.integers(0, 4, (len(shape), 2)).astype(np.int32)
    if d.index % 3 == 0 and len(shape) == 4:  # what stands before a strided convolution
        paddings = np.array([[0, 0], [0, 1], [1, 0], [0, 0]], np.int32)
    x = d.tensor(shape)
    y = Tensor(tuple((paddings.sum(axis=1) + shape).tolist()), "int8", x.scale, x.zero_point)
    return single_op_model("PAD", Options("PadOptions", {}), [x], [y], [constant(paddings)]), [d.int8(shape)]


def reshape(d):
    shape, new = d.choice(((1, 2, 3, 4), (1, 24)), ((1, 5, 7, 1), (35,)), ((24,), (2, 3, 2, 2)), ((2, 9), (2, 3, 3)))
    x = d.tensor(shape)
    y = Tensor(new, "int8", x.scale, x.zero_point)
    new_shape = np.array([-1, *new[1:]] if d.index % 3 == 0 else new, np.int32)
    return single_op_model("RESHAPE", Options("ReshapeOptions", {}), [x], [y], [constant(new_shape)]), [d.int8(shape)]


def softmax(d):
    shape = d.choice((1, 10), (1, 12), (3, 7), (1, 2), (1, 1), (2, 130), (1, 3, 2, 5))
    x = Tensor(shape, "int8", d.choice(d.scale(1e-3, 0.05), d.scale(0.05, 0.3), d.scale(0.3, 8.0)), d.zero_point())
    options = Options("SoftmaxOptions", {"Beta": d.choice(1.0, 1.0, 1.0, 0.25, 4.0)})
    return single_op_model("SOFTMAX", options, [x], [Tensor(shape, "int8", 1 / 256, -128)]), [d.int8(shape)]


def logistic(d):
    scale = d.choice(d.scale(1e-3, 0.05), d.scale(0.05, 0.3), d.scale(0.3, 8.0))
    if d.index < 2:  # just above a power of two TFLite Micro saturates early, where the true value is not yet 0 or 1
        scale = (4.5, 2.1)[d.index]
    x = Tensor((1, 16, 16, 1), "int8", scale, d.zero_point())
    return elementwise("LOGISTIC", x, Tensor(x.shape, "int8", 1 / 256, -128), every_int8(d))


def relu(d):
    x = d.tensor((1, 16, 16, 1))
    y = Tensor(x.shape, "int8", float(np.float32(x.scale * d.choice(0.5, 0.3, 0.9, 1, 1.7, 0.01))), d.zero_point())
    return elementwise("RELU", x, y if d.index % 3 else x, every_int8(d))


def relu6(d):
    x = d.tensor((1, 16, 16, 1))  # TFLite Micro's RELU6 does not rescale: the output is quantized as the input
    return elementwise("RELU6", x, x, every_int8(d))


def quantize(d):
    kind = d.index % 4
    if kind == 0:
        x = d.tensor((1, 16, 16, 1))
        y = Tensor(x.shape, "int8", float(np.float32(x.scale * d.choice(0.5, 0.3, 0.99, 1, 1.7, 40))), d.zero_point())
        return single_op_model("QUANTIZE", Options("QuantizeOptions", {}), [x], [y]), [every_int8(d)]
    shape = d.choice((1, 256), (1, 9, 9, 3), (50,))
    y = d.tensor(shape, low=1e-5, high=20)
    steps = d.rng.normal(0, 1, shape) * d.choice(40, 100, 1000)
    if kind == 1:
        steps = np.round(steps) + 0.5  # ties
    data = (steps * y.scale).astype(np.float32)
    if d.index % 8 == 7:
        data.flat[:6] = 0.0, -0.0, 1e-38, -1e-38, y.scale * 1e6, y.scale * -1e6
    return single_op_model("QUANTIZE", Options("QuantizeOptions", {}), [Tensor(shape, "float32")], [y]), [data]


def dequantize(d):
    x = d.tensor((1, 16, 16, 1), low=1e-6, high=50)
    y = Tensor(x.shape, "float32")
    return single_op_model("DEQUANTIZE", Options("DequantizeOptions", {}), [x], [y]), [every_int8(d)]


OPERATORS = (conv_2d, depthwise_conv_2d, fully_connected, average_pool_2d, max_pool_2d, add, pad, reshape, softmax,
             logistic, relu, relu6, quantize, dequantize)
