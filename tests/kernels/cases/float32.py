"""Cases of operators on float32. What is compared to the bit, and what only nearly, host/linnet/nearly.py says."""

import numpy as np
import tflite
from cases.convolutions import BATCHES, transposed
from cases.draw import window
from cases.elementwise import binary, draw_shapes
from cases.reductions import AXES
from tflite_builder import Options, Tensor, constant, single_op_model

SPECIAL = (0.0, -0.0, 1e-40, -1e-40, 1e-30, 3e38, -3e38, np.inf, -np.inf, np.nan, 0.5, -1.5, 2.5, 1.0, -1.0)


def values(d, shape, spread=None):
    """A float32 array (shape) of normal numbers; of the case's fill, all alike or two in turn."""
    spread = d.choice(0.01, 1, 1, 3, 30) if spread is None else spread
    if d.fill != "random" and d.index % 2:
        x = np.resize({"low": [-spread], "high": [spread], "alternating": [-spread, spread]}[d.fill], shape)
    else:
        x = d.rng.normal(0, spread, shape)
    return x.astype(np.float32)


def special(d, shape, spread=None):
    """The same, with numbers among them that are hard for every function."""
    x = values(d, shape, spread)
    if d.index % 3 == 0:
        places = d.rng.permutation(x.size)[: len(SPECIAL)]
        x.flat[places] = np.array(SPECIAL, np.float32)[: len(places)]
    return x


def tensor(shape):
    return Tensor(tuple(shape), "float32")


def layer(d, operator, options, shape, weights, channels, out_shape):
    constants = [constant(weights), constant(values(d, (channels,), 1))][: 1 if d.index % 8 == 5 and operator != "DEPTHWISE_CONV_2D" else 2]
    x = values(d, shape)
    if d.index == 6:
        x.flat[0] = np.inf
    return single_op_model(operator, options, [tensor(shape)], [tensor(out_shape)], constants), [x]


def convolution(d, table, **fields):
    size, out, kernel, stride, dilation = window(d)
    options = Options(table, {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "FusedActivationFunction": d.activation, **fields})  # fmt: skip
    return size, out, kernel, options


def conv_2d_float32(d):
    size, out, kernel, options = convolution(d, "Conv2DOptions")
    groups = 2 if d.index % 6 == 4 else 1
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 11) * groups, d.choice(1, 2, 4, 5, 9) * groups
    weights = values(d, (out_c, *kernel, in_c // groups), 0.3)
    return layer(d, "CONV_2D", options, (batch, *size, in_c), weights, out_c, (batch, *out, out_c))


def depthwise_conv_2d_float32(d):
    multiplier = 1 + d.index // 3 % 2
    size, out, kernel, options = convolution(d, "DepthwiseConv2DOptions", DepthMultiplier=multiplier)
    batch, in_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 11)
    weights = values(d, (1, *kernel, in_c * multiplier), 0.3)
    return layer(d, "DEPTHWISE_CONV_2D", options, (batch, *size, in_c), weights, in_c * multiplier, (batch, *out, in_c * multiplier))


def fully_connected_float32(d):
    rows, out_n = d.choice(1, 1, 5), d.choice(1, 3, 4, 10, 16)
    shape = d.choice((rows, 1), (rows, 7), (rows, 64), (rows, 2, 3, 5))
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation})
    weights = values(d, (out_n, int(np.prod(shape[1:]))), 0.3)
    return layer(d, "FULLY_CONNECTED", options, shape, weights, out_n, (rows, out_n))


def pool_float32(d, operator):
    size, out, kernel, stride, _ = window(d, dilations=(1,))
    batch, channels = d.choice(1, 1, 2), d.choice(1, 3, 4, 9)
    options = Options("Pool2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FilterHeight": kernel[0],
        "FilterWidth": kernel[1], "FusedActivationFunction": d.activation})  # fmt: skip
    x = special(d, (batch, *size, channels))
    return single_op_model(operator, options, [tensor(x.shape)], [tensor((batch, *out, channels))]), [x]


def average_pool_2d_float32(d):
    return pool_float32(d, "AVERAGE_POOL_2D")


def max_pool_2d_float32(d):
    return pool_float32(d, "MAX_POOL_2D")


def binary_float32(d, operator, table=None, dtype="float32"):
    first, second, shape = draw_shapes(d)
    options = Options(table, {"FusedActivationFunction": d.activation}) if table else None
    data = [special(d, first, 1 if dtype == "bool" else None), special(d, second, 1)]
    if dtype == "bool":
        data = [np.round(x) for x in data]
    return binary(d, operator, options, Tensor(shape, dtype), [tensor(first), tensor(second)], data)


def add_float32(d):
    return binary_float32(d, "ADD", "AddOptions")


def sub_float32(d):
    return binary_float32(d, "SUB", "SubOptions")


def mul_float32(d):
    return binary_float32(d, "MUL", "MulOptions")


def div_float32(d):
    return binary_float32(d, "DIV", "DivOptions")


def maximum_float32(d):
    return binary_float32(d, "MAXIMUM")


def minimum_float32(d):
    return binary_float32(d, "MINIMUM")


def squared_difference_float32(d):
    return binary_float32(d, "SQUARED_DIFFERENCE")


def prelu_float32(d):
    x, slope = special(d, (1, 3, 4, 5)), values(d, d.choice((1, 1, 5), (5,), (3, 4, 5)), 0.5)
    return single_op_model("PRELU", None, [tensor(x.shape)], [tensor(x.shape)], [constant(slope)]), [x]


def compare_float32(d):
    kinds = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
    return binary_float32(d, kinds[d.index % 6], dtype="bool")


def unary_float32(d, operator, data, options=None):
    return single_op_model(operator, options, [tensor(data.shape)], [tensor(data.shape)]), [data]


def relu_float32(d):
    """RELU, RELU6, RELU_N1_TO_1 in turn; TFLite Micro has but the first two."""
    return unary_float32(d, ("RELU", "RELU6")[d.index % 2], special(d, (3, 40), 4))


def leaky_relu_float32(d):
    return unary_float32(d, "LEAKY_RELU", special(d, (3, 40)), Options("LeakyReluOptions", {"Alpha": d.choice(0.1, 0.01, 1.5, -0.2)}))


def hard_swish_float32(d):
    return unary_float32(d, "HARD_SWISH", special(d, (3, 40), 3))


def logistic_float32(d):
    return unary_float32(d, "LOGISTIC", special(d, (3, 40), d.choice(1, 8, 40)))


def tanh_float32(d):
    return unary_float32(d, "TANH", special(d, (3, 40), d.choice(0.1, 1, 4)))


def elu_float32(d):
    return unary_float32(d, "ELU", special(d, (3, 40), d.choice(0.1, 1, 8)))


def exp_float32(d):
    return unary_float32(d, "EXP", special(d, (3, 40), d.choice(0.1, 3, 60)))


def positive(d):
    return np.abs(special(d, (3, 40), d.choice(1, 1, 1e-6, 1e6)))


def log_float32(d):
    return unary_float32(d, "LOG", positive(d))


def roots_float32(d):
    """SQRT and RSQRT in turn."""
    return unary_float32(d, ("SQRT", "RSQRT")[d.index % 2], positive(d))


def signs_float32(d):
    """ABS, NEG, SQUARE, FLOOR, CEIL, ROUND in turn."""
    kind = ("ABS", "NEG", "SQUARE", "FLOOR", "CEIL", "ROUND")[d.index % 6]
    x = special(d, (3, 40), 30)
    if kind == "ROUND" and d.index % 12 > 5:
        x = np.round(x) + np.float32(0.5)
    # What TFLite makes of a NaN there is not defined.
    return unary_float32(d, kind, np.nan_to_num(x, nan=0, posinf=1e9, neginf=-1e9).astype(np.float32) if kind == "ROUND" else x)


def sine_float32(d):
    """SIN and COS in turn."""
    return unary_float32(d, ("SIN", "COS")[d.index % 2], special(d, (3, 40), d.choice(1, 10, 1e4, 1e20)))


def softmax_shape(d):
    return d.choice((1, 10), (1, 12), (3, 7), (1, 2), (1, 1), (2, 130), (1, 3, 2, 5))


def softmax_float32(d):
    options = Options("SoftmaxOptions", {"Beta": d.choice(1.0, 1.0, 1.0, 0.25, 4.0)})
    return unary_float32(d, "SOFTMAX", values(d, softmax_shape(d)), options)


def log_softmax_float32(d):
    return unary_float32(d, "LOG_SOFTMAX", values(d, softmax_shape(d)))


def reduce_float32(d):
    """MEAN, SUM, REDUCE_MAX, REDUCE_MIN in turn."""
    kind = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")[d.index % 4]
    shape, axes = AXES[d.index * 5 % len(AXES)]
    keep = d.index % 3 == 1
    dropped = {axis % len(shape) for axis in axes}
    kept = tuple(1 if i in dropped else n for i, n in enumerate(shape) if keep or i not in dropped)
    x, options = special(d, shape), Options("ReducerOptions", {"KeepDims": bool(keep)})
    return single_op_model(kind, options, [tensor(shape)], [tensor(kept)], [constant(np.array(axes, np.int32))]), [x]


def arg_max_float32(d):
    """ARG_MAX and ARG_MIN in turn, to int32."""
    kind, table = (("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions"))[d.index % 2]
    shape = d.choice((1, 10), (3, 7), (2, 3, 4), (1, 4, 5, 6), (12,))
    axis = d.integer(-len(shape), len(shape) - 1)
    kept = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    x = np.round(special(d, shape, 3))  # so that some are equal
    options = Options(table, {"OutputType": tflite.TensorType.INT32})
    return single_op_model(kind, options, [tensor(shape)], [Tensor(kept, "int32")], [constant(np.array([axis], np.int32))]), [x]


def batch_matmul_float32(d):
    rows, depth, cols = d.choice(1, 2, 5), d.choice(1, 3, 8, 17), d.choice(1, 2, 5, 8)
    a_lead, b_lead = BATCHES[d.index % len(BATCHES)]
    adj_x, adj_y = d.choice(False, False, True), d.choice(False, True)
    a = values(d, (*a_lead, depth, rows) if adj_x else (*a_lead, rows, depth))
    b = values(d, (*b_lead, cols, depth) if adj_y else (*b_lead, depth, cols), 1)
    y = tensor((*np.broadcast_shapes(a_lead, b_lead), rows, cols))
    options = Options("BatchMatMulOptions", {"AdjX": adj_x, "AdjY": adj_y})
    if d.index % 4 in (1, 2):
        return single_op_model("BATCH_MATMUL", options, [tensor(a.shape)], [y], [constant(b)]), [a]
    return single_op_model("BATCH_MATMUL", options, [tensor(a.shape), tensor(b.shape)], [y]), [a, b]


def l2_normalization_float32(d):
    x = values(d, d.choice((1, 7), (4, 16), (1, 3, 3, 5), (1, 40), (2, 1)), d.choice(1, 100, 1e-8, 1e-25))
    return unary_float32(d, "L2_NORMALIZATION", x, Options("L2NormOptions", {}))


def transpose_conv_float32(d):
    size, out, kernel, stride = transposed(d)
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8), d.choice(1, 2, 4, 5)
    shape, out_shape = (batch, *size, in_c), (batch, *out, out_c)
    constants = [constant(np.array(out_shape, np.int32)), constant(values(d, (out_c, *kernel, in_c), 0.3))]
    if d.index % 3:
        constants.append(constant(values(d, (out_c,), 1)))
    options = Options("TransposeConvOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FusedActivationFunction": d.activation})  # fmt: skip
    order = [1, 2, 0, *range(3, len(constants) + 1)]
    return single_op_model("TRANSPOSE_CONV", options, [tensor(shape)], [tensor(out_shape)], constants, order=order), [values(d, shape)]


def resize_bilinear_float32(d):
    align_corners, half_pixel_centers = ((False, False), (True, False), (False, True))[d.index % 3]
    batch, h, w, c = d.choice(1, 1, 2), d.integer(1, 7), d.integer(1, 7), d.choice(1, 3, 4)
    out = d.choice((2 * h, 2 * w), (d.integer(1, 9), d.integer(1, 9)), (1, 3 * w), (h, w))
    x = special(d, (batch, h, w, c))
    options = Options("ResizeBilinearOptions", {"AlignCorners": align_corners, "HalfPixelCenters": half_pixel_centers})
    size = constant(np.array(out, np.int32))
    return single_op_model("RESIZE_BILINEAR", options, [tensor(x.shape)], [tensor((batch, *out, c))], [size]), [x]


OPERATORS = (
    conv_2d_float32, depthwise_conv_2d_float32, fully_connected_float32, average_pool_2d_float32, max_pool_2d_float32,
    add_float32, sub_float32, mul_float32, div_float32, maximum_float32, minimum_float32, squared_difference_float32,
    prelu_float32, compare_float32, relu_float32, leaky_relu_float32, hard_swish_float32, logistic_float32, tanh_float32,
    elu_float32, exp_float32, log_float32, roots_float32, signs_float32, sine_float32, softmax_float32, log_softmax_float32,
    reduce_float32, arg_max_float32, batch_matmul_float32, l2_normalization_float32, transpose_conv_float32,
    resize_bilinear_float32,
)  # fmt: skip
