"""Cases of operators on int16 activations, TFLite's 16x8 quantization, and of conversions from and to int16."""

import numpy as np
from cases.draw import filter_scales, window
from cases.elementwise import binary, draw_shapes
from tflite_builder import Options, Tensor, constant, single_op_model

LOW, HIGH = -(1 << 15), (1 << 15) - 1
LONG = (7, 15)  # in these cases of layers sums need more than 32 bits, in the first for the bias alone
INT32 = (2, 9, 14)  # in these TFLite's sums have 32 bits, because the bias has


def values(d, shape, fill=None):
    """An int16 array (shape) of the case's fill."""
    fill = fill or d.fill
    if fill == "random":
        return d.rng.integers(LOW, HIGH + 1, shape).astype(np.int16)
    return np.resize(np.array({"low": [LOW], "high": [HIGH], "alternating": [LOW, HIGH]}[fill], np.int16), shape)


def tensor(d, shape, **kwargs):
    """An int16 tensor (shape) with a drawn scale."""
    return Tensor(tuple(shape), "int16", d.scale(low=1e-6, high=1e-2) if not kwargs else d.scale(**kwargs))


def reach(d, spread):
    """An output scale for results that spread this far, in three of four cases a sensible one."""
    return float(np.float32(spread * d.choice(1e-4, 6e-5, 1.5e-4, 5e-5, 1.2e-4, 8e-5, 2e-6, 1e-2)))


def every_int16(d):
    """256 values that reach from end to end, near 0 and near the ends all of them."""
    ends = [np.arange(LOW, LOW + 16), np.arange(-32, 32), np.arange(HIGH - 15, HIGH + 1)]
    rest = d.rng.integers(LOW, HIGH + 1, 256 - sum(map(len, ends)))
    return d.rng.permutation(np.concatenate([*ends, rest])).astype(np.int16).reshape(1, 16, 16, 1)


def sums(d, operator, options, x, weights, scales, axis, out_shape, int32_bias=True):
    """Finish a case of a layer; weights' channels lie along axis."""
    channels = weights.shape[axis]
    spread = 19000 * float(np.linalg.norm(weights)) / channels**0.5  # of a sum, were the inputs random
    constants = [constant(weights, scales, axis)]
    if d.index % 8 != 5:
        biases = d.rng.normal(0, spread / 2, channels).astype(np.int64)
        if d.index == LONG[0]:
            biases += np.resize([1 << 36, -(1 << 36), 0], channels)
        biases = biases.astype(np.int32) if int32_bias and d.index in INT32 else biases
        constants.append(constant(biases, np.float32(x.scale) * np.asarray(scales, np.float32)))
    y = Tensor(out_shape, "int16", reach(d, x.scale * float(np.median(scales)) * (spread + 1)))
    return single_op_model(operator, options, [x], [y], constants), [values(d, x.shape)]


def conv_2d_int16(d):
    size, out, kernel, stride, dilation = window(d)
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 17), d.choice(1, 2, 4, 5, 16)
    if d.index == LONG[1]:
        size, out, kernel, stride, dilation, in_c = (6, 6), (6, 6) if d.same else (2, 2), (5, 5), (1, 1), (1, 1), 23
    options = Options("Conv2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "FusedActivationFunction": d.activation})  # fmt: skip
    weights = d.weights((out_c, *kernel, in_c))
    return sums(d, "CONV_2D", options, tensor(d, (batch, *size, in_c)), weights, filter_scales(d, out_c), 0, (batch, *out, out_c))


def depthwise_conv_2d_int16(d):
    size, out, kernel, stride, dilation = window(d)
    batch, in_c, multiplier = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 17), 1 + d.index // 3 % 2
    options = Options("DepthwiseConv2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "DepthMultiplier": multiplier, "FusedActivationFunction": d.activation})  # fmt: skip
    out_c = in_c * multiplier
    weights = d.weights((1, *kernel, out_c))
    x = tensor(d, (batch, *size, in_c))
    return sums(d, "DEPTHWISE_CONV_2D", options, x, weights, filter_scales(d, out_c), 3, (batch, *out, out_c), False)


def fully_connected_int16(d):
    rows, out_n = d.choice(1, 1, 8), d.choice(1, 10, 16, 32)
    shape = d.choice((rows, 1), (rows, 7), (rows, 64), (rows, 130), (rows, 2, 3, 5))
    if d.index == LONG[1]:
        shape, out_n = (1, 1300), 3
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation})
    weights = d.weights((out_n, int(np.prod(shape[1:]))))
    return sums(d, "FULLY_CONNECTED", options, tensor(d, shape), weights, filter_scales(d, out_n), 0, (shape[0], out_n))


def quantize_int16(d):
    """Between int16 and int8, int16 and int32."""
    pairs = (("int8", "int16"), ("int16", "int8"), ("int16", "int16"), ("int16", "int32"), ("int32", "int16"), ("int32", "int8"),
             ("int8", "int32"), ("float32", "int16"))  # fmt: skip
    source, target = pairs[d.index % len(pairs)]
    ranges = {"int8": 127, "int16": 32767, "int32": 1e9, "float32": 0.01}
    scale = d.scale(low=1e-6, high=0.1)
    ratio = ranges[source] / ranges[target] * d.choice(1.0, 0.5, 0.9, 1.3, 7.0, 0.01)
    if d.index % 5 == 0 and source != "float32":
        ratio = 1.0  # the same scale
    y = Tensor((1, 16, 16, 1), target, float(np.float32(scale * ratio)), d.zero_point() if target == "int8" else 0)
    x = Tensor(y.shape, source, scale, d.zero_point() if source == "int8" else 0)
    if source == "float32":
        x = Tensor(y.shape, source)
        y.scale = scale
        data = (d.rng.normal(0, d.choice(1e3, 3e4), y.shape).round(1 if d.index % 2 else 0) + 0.5) * scale
        data.flat[:4] = 0.0, -0.0, scale * 1e6, -scale * 1e6
        data = data.astype(np.float32)
    elif source == "int16":
        data = every_int16(d)
    elif source == "int8":
        data = np.resize(d.rng.permutation(np.arange(-128, 128)), y.shape).astype(np.int8)
    else:
        data = d.rng.integers(-(1 << 30), 1 << 30, y.shape).astype(np.int32) >> d.rng.integers(0, 30, y.shape).astype(np.int32)
    return single_op_model("QUANTIZE", Options("QuantizeOptions", {}), [x], [y]), [data]


def dequantize_int16(d):
    x = tensor(d, (1, 16, 16, 1), low=1e-8, high=3)
    return single_op_model("DEQUANTIZE", Options("DequantizeOptions", {}), [x], [Tensor(x.shape, "float32")]), [every_int16(d)]


def relu_int16(d):
    x = tensor(d, (1, 16, 16, 1))
    y = Tensor(x.shape, "int16", float(np.float32(x.scale * d.choice(0.5, 0.3, 0.9, 1, 1.7, 0.01))))
    return single_op_model("RELU", None, [x], [y if d.index % 3 else x]), [every_int16(d)]


def relu6_int16(d):
    x = tensor(d, (1, 16, 16, 1), low=2e-4, high=1e-2)  # six must be an int16; TFLite Micro's RELU6 does not rescale
    return single_op_model("RELU6", None, [x], [x]), [every_int16(d)]


def leaky_relu_int16(d):
    x = tensor(d, (1, 16, 16, 1))
    y = Tensor(x.shape, "int16", float(np.float32(x.scale * d.choice(0.5, 0.3, 0.9, 1, 1.7, 0.01))))
    options = Options("LeakyReluOptions", {"Alpha": d.choice(0.2, 0.01, 0.3, 1.0, 0.0, 1.5)})
    return single_op_model("LEAKY_RELU", options, [x], [y if d.index % 3 else x]), [every_int16(d)]


def pool(d, operator):
    size, out, kernel, stride, _ = window(d, dilations=(1,))
    batch, channels = d.choice(1, 1, 2), d.choice(1, 3, 4, 16, 21)
    options = Options("Pool2DOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FilterHeight": kernel[0],
        "FilterWidth": kernel[1], "FusedActivationFunction": d.activation})  # fmt: skip
    x = tensor(d, (batch, *size, channels))
    y = Tensor((batch, *out, channels), "int16", x.scale)
    return single_op_model(operator, options, [x], [y]), [values(d, x.shape)]


def average_pool_2d_int16(d):
    return pool(d, "AVERAGE_POOL_2D")


def max_pool_2d_int16(d):
    return pool(d, "MAX_POOL_2D")


def arithmetic(d, operator, spread, table=None, activation=True):
    """spread: the size of results, a function of both scales."""
    first, second, shape = draw_shapes(d)
    inputs = [tensor(d, first), tensor(d, second)]
    if d.index % 3 == 2:
        inputs[1].scale = inputs[0].scale * d.choice(1.0, 0.7, 2.0)
    y = Tensor(shape, "int16", reach(d, 19000 * spread(inputs[0].scale, inputs[1].scale)))
    options = Options(table or f"{operator.capitalize()}Options", {"FusedActivationFunction": d.activation} if activation else {})
    return binary(d, operator, options, y, inputs, [values(d, first), values(d, second, d.second_fill())])


def add_int16(d):
    return arithmetic(d, "ADD", max)


def sub_int16(d):
    return arithmetic(d, "SUB", max)


def mul_int16(d):
    return arithmetic(d, "MUL", lambda a, b: 19000 * a * b)


def squared_difference_int16(d):
    return arithmetic(
        d, "SQUARED_DIFFERENCE", lambda a, b: 19000 * max(a, b) ** 2, "SquaredDifferenceOptions", activation=False
    )


def extreme(d, operator):
    first, second, shape = draw_shapes(d)
    x = tensor(d, first)
    inputs, data = [x, Tensor(second, "int16", x.scale)], [values(d, first), values(d, second, d.second_fill())]
    return binary(d, operator, Options("MaximumMinimumOptions", {}), Tensor(shape, "int16", x.scale), inputs, data)


def maximum_int16(d):
    return extreme(d, "MAXIMUM")


def minimum_int16(d):
    return extreme(d, "MINIMUM")


def sigmoid(d, operator):
    scale = d.choice(d.scale(1e-6, 1e-4), d.scale(1e-4, 1e-3), d.scale(1e-3, 2.0), 2.0**-12, 2.0**-11, 2.0**-13, 2.0**-15)
    return single_op_model(operator, None, [Tensor((1, 16, 16, 1), "int16", scale)], [Tensor((1, 16, 16, 1), "int16", 2.0**-15)]), [
        every_int16(d)
    ]


def logistic_int16(d):
    return sigmoid(d, "LOGISTIC")


def tanh_int16(d):
    return sigmoid(d, "TANH")


def softmax_int16(d):
    shape = d.choice((1, 10), (1, 12), (3, 7), (1, 2), (1, 1), (2, 130), (1, 3, 2, 5), (1, 256), (2, 64))
    x = Tensor(shape, "int16", d.choice(d.scale(1e-6, 1e-4), d.scale(1e-4, 1e-3), d.scale(1e-3, 0.3)))
    options = Options("SoftmaxOptions", {"Beta": d.choice(1.0, 1.0, 1.0, 0.25, 4.0)})
    data = values(d, shape)
    if d.index % 3 == 1:  # close to each other
        data = (d.rng.normal(0, d.choice(300, 3000), shape) + 1000).astype(np.int16)
    return single_op_model("SOFTMAX", options, [x], [Tensor(shape, "int16", 2.0**-15)]), [data]


def transpose_conv_int16(d):
    while True:
        size, kernel = (d.integer(1, 6), d.integer(1, 6)), d.choice((1, 1), (3, 3), (2, 2), (4, 4), (2, 3), (5, 1))
        stride = d.choice((1, 1), (2, 2), (2, 2), (2, 1), (3, 2))
        out = tuple(n * s if d.same else (n - 1) * s + k for n, k, s in zip(size, kernel, stride))
        if d.index != LONG[0] or min(size) > 1:
            break
    in_c, out_c = d.choice(1, 2, 4, 8, 17), d.choice(1, 2, 5, 8)
    batch = d.choice(1, 1, 2)
    options = Options("TransposeConvOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FusedActivationFunction": d.activation})  # fmt: skip
    x, weights, scales = tensor(d, (batch, *size, in_c)), d.weights((out_c, *kernel, in_c)), filter_scales(d, out_c)
    spread = 19000 * float(np.linalg.norm(weights)) / out_c**0.5
    y = Tensor((batch, *out, out_c), "int16", reach(d, x.scale * float(np.median(scales)) * (spread + 1)))
    constants = [constant(np.array(y.shape, np.int32)), constant(weights, scales, 0)]
    order = [1, 2, 0]
    if d.index % 8 != 5:
        bias = d.rng.normal(0, spread / 2, out_c).astype(np.int64) + (1 << 36 if d.index == LONG[0] else 0)
        constants.append(constant(bias, np.float32(x.scale) * np.asarray(scales, np.float32)))
        order.append(3)
    return single_op_model("TRANSPOSE_CONV", options, [x], [y], constants, order), [values(d, x.shape)]


def batch_matmul_int16(d):
    batches = d.choice(((), ()), ((2,), (2,)), ((1,), (3,)), ((3,), (1,)), ((2, 1), (1, 3)), ((2, 3), (3,)))
    rows, depth, cols = d.choice(1, 2, 5), d.choice(1, 3, 8, 33), d.choice(1, 4, 7)
    adj_x, adj_y = bool(d.index % 2), bool(d.index // 2 % 2)
    a = tensor(d, (*batches[0], *((depth, rows) if adj_x else (rows, depth))))
    b = tensor(d, (*batches[1], *((cols, depth) if adj_y else (depth, cols))))
    shape = (*np.broadcast_shapes(*batches), rows, cols)
    y = Tensor(shape, "int16", reach(d, a.scale * b.scale * 19000 * 19000 * depth**0.5))
    options = Options("BatchMatMulOptions", {"AdjX": adj_x, "AdjY": adj_y})
    data = [values(d, a.shape), values(d, b.shape, d.second_fill())]
    if d.index % 3 == 1:
        return single_op_model("BATCH_MATMUL", options, [a], [y], [(b, data[1])]), data[:1]
    return single_op_model("BATCH_MATMUL", options, [a, b], [y]), data


def reduction(d, operator, spread):
    """spread: the size of results, a function of the number of values in each."""
    shape, axes = d.choice(
        ((1, 4, 5, 6), (1, 2)), ((1, 4, 5, 6), (3,)), ((2, 3, 4, 5), (0, 2)), ((2, 3, 4, 5), (-1, 1)), ((7,), (0,)),
        ((1, 9, 9, 3), (2, 1)), ((3, 5), (1,)), ((2, 4, 3), (0, 1, 2)), ((1, 1, 1, 9), (1, 2)))  # fmt: skip
    keep_dims = bool(d.index % 2)
    reduced = {axis % len(shape) for axis in axes}
    n = int(np.prod([shape[axis] for axis in reduced]))
    out = tuple(1 if i in reduced else size for i, size in enumerate(shape) if keep_dims or i not in reduced)
    x = tensor(d, shape)
    y = Tensor(out, "int16", float(np.float32(x.scale * spread(n) * d.choice(1, 1, 0.5, 0.8, 1.3, 0.1))))
    options = Options("ReducerOptions", {"KeepDims": keep_dims})
    return single_op_model(operator, options, [x], [y], [constant(np.array(axes, np.int32))]), [values(d, shape)]


def mean_int16(d):
    return reduction(d, "MEAN", lambda n: 1)


def sum_int16(d):
    return reduction(d, "SUM", lambda n: n)


OPERATORS = (conv_2d_int16, depthwise_conv_2d_int16, fully_connected_int16, quantize_int16, dequantize_int16, relu_int16,
             relu6_int16, leaky_relu_int16, average_pool_2d_int16, max_pool_2d_int16, add_int16, sub_int16, mul_int16,
             squared_difference_int16, maximum_int16, minimum_int16, logistic_int16, tanh_int16, softmax_int16,
             transpose_conv_int16, batch_matmul_int16, mean_int16, sum_int16)
