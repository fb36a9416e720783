"""Cases of convolutions beyond the base's: dilated, grouped, transposed, in one dimension; and of products of two tensors."""

import numpy as np
import tflite
from cases.base import HALVES, sums
from cases.draw import filter_scales, out_size, window
from tflite_builder import Options, Tensor, constant, single_op_model

N_WIDE = 48  # cases of what has the most to vary


def conv_options(d, stride, dilation, **fields):
    table = "DepthwiseConv2DOptions" if fields else "Conv2DOptions"
    return Options(table, {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1], "FusedActivationFunction": d.activation} | fields)


def dilated(d):
    """Draw (in_hw, out_hw, kernel_hw, stride_hw, dilation_hw) with a dilation above 1 along at least one axis."""
    while True:
        size = d.integer(1, 11), d.integer(1, 11)
        kernel = d.choice((3, 3), (3, 3), (2, 2), (2, 3), (5, 1), (1, 3), (4, 5))
        stride = d.choice((1, 1), (1, 1), (1, 1), (2, 1))
        dilation = d.choice((2, 2), (3, 3), (1, 2), (4, 1), (2, 5))
        out = tuple(out_size(*axis, d.same) for axis in zip(size, kernel, stride, dilation))
        if min(out) > 0:
            return size, out, kernel, stride, dilation


def conv_2d_dilated(d):
    size, out, kernel, stride, dilation = dilated(d)
    batch, in_c, out_c = d.choice(1, 1, 1, 2), d.choice(1, 2, 3, 4, 8), d.choice(1, 2, 4, 5, 9)
    weights = d.weights((out_c, *kernel, in_c))
    return sums(d, "CONV_2D", conv_options(d, stride, dilation), d.tensor((batch, *size, in_c)), weights,
                filter_scales(d, out_c), 0, (batch, *out, out_c), with_bias=d.index % 5 > 0)


def conv_2d_line(d):
    """An image one pixel high or wide, which is what a convolution in one dimension becomes."""
    while True:
        n, k, stride, dilation = d.integer(1, 40), d.choice(1, 2, 3, 3, 5, 9), d.choice(1, 1, 2, 3), d.choice(1, 1, 2, 4)
        out = out_size(n, k, stride, dilation, d.same)
        if out > 0:
            break
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 4, 9, 16), d.choice(1, 2, 4, 7, 16)
    along = (lambda x: (1, x)) if d.index % 3 else (lambda x: (x, 1))
    weights = d.weights((out_c, *along(k), in_c))
    return sums(d, "CONV_2D", conv_options(d, along(stride), along(dilation)), d.tensor((batch, *along(n), in_c)), weights,
                filter_scales(d, out_c), 0, (batch, *along(out), out_c), with_bias=d.index % 4 > 0)


def conv_2d_grouped(d):
    size, out, kernel, stride, dilation = window(d)
    groups, depth, filters = d.choice(2, 2, 3, 4), d.choice(1, 2, 3, 4), d.choice(1, 2, 3)
    batch, out_c = d.choice(1, 1, 2), groups * filters
    weights = d.weights((out_c, *kernel, depth))
    return sums(d, "CONV_2D", conv_options(d, stride, dilation), d.tensor((batch, *size, groups * depth)), weights,
                filter_scales(d, out_c), 0, (batch, *out, out_c), with_bias=d.index % 5 > 0)


def depthwise_conv_2d_wide(d):
    """Multipliers, dilations and windows of any size."""
    if d.index % 2:
        size, out, kernel, stride, dilation = dilated(d)
    else:
        while True:
            size, kernel = (d.integer(1, 12), d.integer(1, 12)), d.choice((5, 5), (7, 7), (1, 9), (10, 8), (3, 3), (6, 2))
            stride, dilation = d.choice((1, 1), (2, 2), (4, 3)), (1, 1)
            out = tuple(out_size(*axis, d.same) for axis in zip(size, kernel, stride, dilation))
            if min(out) > 0:
                break
    batch, in_c, multiplier = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8), d.choice(1, 1, 2, 3, 4)
    out_c = in_c * multiplier
    weights = d.weights((1, *kernel, out_c))
    return sums(d, "DEPTHWISE_CONV_2D", conv_options(d, stride, dilation, DepthMultiplier=multiplier),
                d.tensor((batch, *size, in_c)), weights, filter_scales(d, out_c), 3, (batch, *out, out_c),
                with_bias=d.index % 5 > 0)


def fully_connected_per_channel(d):
    """Inputs of any rank, dimensions kept or not; mostly a scale per channel."""
    out_n, in_n = d.choice(1, 3, 10, 16), d.choice(1, 5, 16, 33)
    lead = d.choice((1,), (3,), (), (1, 4), (2, 1, 3), (1, 2, 2, 2))
    keep = bool(d.index % 2)
    out_shape = (*lead, out_n) if keep else (int(np.prod(lead)), out_n)
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation, "KeepNumDims": keep})
    return sums(d, "FULLY_CONNECTED", options, d.tensor((*lead, in_n)), d.weights((out_n, in_n)), filter_scales(d, out_n), 0,
                out_shape, with_bias=d.index % 3 > 0)


def halves(d, a, b, y, data):
    """Make every other result of some cases end in a half if, and only if, the scales' product is a float32."""
    if d.index in (HALVES, HALVES + 3):
        y.scale, y.zero_point = float(2 * np.float32(a.scale) * np.float32(b.scale)), 3
        for tensor, values in zip((a, b), data):
            values[...] = np.clip(tensor.zero_point + d.rng.integers(-3, 4, values.shape), -128, 127)


def fully_connected_product(d):
    """Weights that are an input of the model, or constant with a zero point."""
    rows, out_n, in_n = d.choice(1, 1, 4), d.choice(1, 2, 5, 16), d.choice(1, 7, 16, 40)
    x, w = d.tensor((rows, in_n)), d.tensor((out_n, in_n), high=0.1)
    w.zero_point = 0 if d.index % 3 == 0 else w.zero_point
    data = [d.int8(x.shape), d.int8(w.shape, d.second_fill())]
    y = Tensor((rows, out_n), "int8", d.reach(75 * 75 * x.scale * w.scale * in_n ** 0.5), d.zero_point())
    halves(d, x, w, y, data)
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation})
    bias = [constant(d.rng.integers(-3000, 3000, out_n).astype(np.int32), np.float32(x.scale) * np.float32(w.scale))]
    if d.index % 4 == 0:
        bias = []
    if d.index % 3 == 1:
        return single_op_model("FULLY_CONNECTED", options, [x], [y], [(w, data[1]), *bias]), data[:1]
    return single_op_model("FULLY_CONNECTED", options, [x, w], [y], bias), data


def transposed(d):
    """Draw (in_hw, out_hw, kernel_hw, stride_hw) of a transposed convolution."""
    same = d.same
    while True:
        size = d.integer(1, 6), d.integer(1, 6)
        kernel = d.choice((1, 1), (2, 2), (3, 3), (4, 4), (2, 3), (5, 1), (1, 4))
        stride = d.choice((1, 1), (2, 2), (2, 2), (3, 2), (1, 3), (4, 4))
        if same:
            out = tuple(n * s for n, s in zip(size, stride))
        else:
            out = tuple((n - 1) * s + k + d.choice(0, 0, s - 1) for n, s, k in zip(size, stride, kernel))
        if all(out_size(o, k, s, 1, same) == n for o, k, s, n in zip(out, kernel, stride, size)):
            return size, out, kernel, stride


def transpose_conv(d):
    size, out, kernel, stride = transposed(d)
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 4, 8, 16), d.choice(1, 2, 3, 4, 8)
    weights = d.weights((out_c, *kernel, in_c))
    scales = filter_scales(d, out_c)
    x, out_shape = d.tensor((batch, *size, in_c)), (batch, *out, out_c)
    spread = 75 * float(np.linalg.norm(weights)) / out_c ** 0.5 / (stride[0] * stride[1]) ** 0.5
    constants = [constant(np.array(out_shape, np.int32)), constant(weights, scales, 0)]
    if d.index % 3:
        biases = d.rng.normal(0, spread / 2, out_c).astype(np.int32)
        constants.append(constant(biases, np.float32(x.scale) * np.asarray(scales, np.float32)))
    y = Tensor(out_shape, "int8", d.reach(x.scale * float(np.median(scales)) * (spread + 1)), d.zero_point())
    options = Options("TransposeConvOptions", {
        "Padding": d.padding, "StrideH": stride[0], "StrideW": stride[1], "FusedActivationFunction": d.activation})
    model = single_op_model("TRANSPOSE_CONV", options, [x], [y], constants, order=[1, 2, 0, *range(3, len(constants) + 1)])
    return model, [d.int8(x.shape)]


BATCHES = (((), ()), ((2,), (2,)), ((3,), ()), ((), (2,)), ((2, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (1, 3)), ((1, 4), (1, 1)),
           ((2, 1, 2), (2, 3, 2)), ((3,), (1,)))


def batch_matmul(d):
    rows, depth, cols = d.choice(1, 2, 5), d.choice(1, 3, 8, 17), d.choice(1, 2, 5, 8)
    a_lead, b_lead = BATCHES[d.index % len(BATCHES)]
    adj_x, adj_y = d.choice(False, False, True), d.choice(False, True)
    a = d.tensor((*a_lead, depth, rows) if adj_x else (*a_lead, rows, depth), high=0.1)
    b = d.tensor((*b_lead, cols, depth) if adj_y else (*b_lead, depth, cols), high=0.1)
    data = [d.int8(a.shape), d.int8(b.shape, d.second_fill())]
    lead = np.broadcast_shapes(a_lead, b_lead)
    y = Tensor((*lead, rows, cols), "int8", d.reach(75 * 75 * a.scale * b.scale * depth ** 0.5), d.zero_point())
    halves(d, a, b, y, data)
    options = Options("BatchMatMulOptions", {"AdjX": adj_x, "AdjY": adj_y})
    if d.index % 4 == 1:  # constant weights, as a dense layer over several dimensions has them
        b.zero_point = 0
    if d.index % 4 in (1, 2):
        return single_op_model("BATCH_MATMUL", options, [a], [y], [(b, data[1])]), data[:1]
    if d.index % 8 == 3:
        return single_op_model("BATCH_MATMUL", options, [b], [y], [(a, data[0])], order=[1, 0]), data[1:]
    return single_op_model("BATCH_MATMUL", options, [a, b], [y]), data


def l2_normalization(d):
    shape = d.choice((1, 7), (4, 16), (1, 3, 3, 5), (1, 128), (2, 1), (9,))
    x = d.tensor(shape)
    data = d.int8(shape)
    if d.index % 4 == 3:  # short rows, and one of nothing
        data = np.clip(x.zero_point + d.rng.integers(-2, 3, shape), -128, 127).astype(np.int8)
        data.reshape(-1, shape[-1])[0] = x.zero_point
    options = Options("L2NormOptions", {"FusedActivationFunction": tflite.ActivationFunctionType.NONE})
    return single_op_model("L2_NORMALIZATION", options, [x], [Tensor(shape, "int8", 1 / 128, 0)]), [data]


for _wide in (conv_2d_dilated, conv_2d_grouped, depthwise_conv_2d_wide):
    _wide.n_cases = N_WIDE

OPERATORS = (conv_2d_dilated, conv_2d_line, conv_2d_grouped, depthwise_conv_2d_wide, fully_connected_per_channel,
             fully_connected_product, transpose_conv, batch_matmul, l2_normalization)
