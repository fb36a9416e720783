"""Cases of layers with weights of four bits: dense ones, and convolutions with windows of one pixel and of more."""

from cases.base import sums
from cases.convolutions import conv_options
from cases.draw import WEIGHT_FILLS, filter_scales, out_size, window
from tflite_builder import Options


def weights(d, shape):
    """Weights (shape) in -8 ... 7, int8."""
    drawn = d.weights(shape)
    return drawn if d.second_fill(WEIGHT_FILLS) == "small" else drawn >> 4


def fully_connected_int4(d):
    """With one scale: TFLite Micro has no other of four bits."""
    rows, in_n = d.choice(1, 1, 3, 8), d.choice(2, 7, 16, 33, 64, 130)
    out_n = d.choice(4, 10, 16) if d.index < 2 else d.choice(1, 3, 4, 5, 16, 31)
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": d.activation})
    return sums(d, "FULLY_CONNECTED", options, d.tensor((rows, in_n)), weights(d, (out_n, in_n)), d.scale(1e-3, 0.1), 0,
                (rows, out_n), with_bias=d.index % 5 > 0, is_int4=True)


def conv_2d_int4(d):
    """Two of three have a window of 1x1."""
    size, out, kernel, stride, dilation = window(d)
    if d.index % 3:
        kernel, dilation = (1, 1), (1, 1)
        out = tuple(out_size(*axis, d.same) for axis in zip(size, kernel, stride, dilation))
    batch, in_c, out_c = d.choice(1, 1, 2), d.choice(1, 2, 3, 8, 17, 40), d.choice(3, 4, 6, 16)
    return sums(d, "CONV_2D", conv_options(d, stride, dilation), d.tensor((batch, *size, in_c)), weights(d, (out_c, *kernel, in_c)),
                filter_scales(d, out_c), 0, (batch, *out, out_c), with_bias=d.index % 5 > 0, is_int4=True)


def depthwise_conv_2d_int4(d):
    size, out, kernel, stride, dilation = window(d)
    batch, in_c, multiplier = d.choice(1, 1, 2), d.choice(1, 2, 3, 8, 17), d.choice(1, 1, 2)
    out_c = in_c * multiplier
    options = conv_options(d, stride, dilation, DepthMultiplier=multiplier)
    return sums(d, "DEPTHWISE_CONV_2D", options, d.tensor((batch, *size, in_c)), weights(d, (1, *kernel, out_c)),
                filter_scales(d, out_c), 3, (batch, *out, out_c), with_bias=d.index % 5 > 0, is_int4=True)


OPERATORS = (fully_connected_int4, conv_2d_int4, depthwise_conv_2d_int4)
