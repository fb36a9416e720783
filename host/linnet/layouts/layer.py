"""What a portable Step of a convolution or dense layer says, as arrays, for tuned layouts to lay out anew."""

from dataclasses import dataclass

import numpy as np

from linnet import fields
from linnet.operators.window import Window
from linnet.overlap import steps_overlap


@dataclass
class Layer:
    """n output channels, each a sum over `taps` inputs."""

    params: dict  # of FORMAT.md section 5
    window: Window | None  # None: a dense layer
    bias: np.ndarray  # (n,) int64, the input's zero point folded in
    multiplier: np.ndarray  # (n,) int64
    shift: np.ndarray  # (n,) int64, TFLite's
    weights: np.ndarray  # (n, taps) int64, taps in the portable order: (kernel_h, kernel_w, in_c), of depthwise (kernel_h, kernel_w)

    @property
    def n(self):
        return len(self.bias)

    def columns(self):
        """The weights of a CONV_2D as (n, taps) with taps in the order (kernel_w, kernel_h, in_c); the portable one if dilated."""
        w = self.window
        if w.is_dilated:
            return self.weights
        weights = self.weights.reshape(self.n, w.kernel_h, w.kernel_w, w.in_c)
        return weights.transpose(0, 2, 1, 3).reshape(self.n, -1)

    def reach(self):
        """The least and the greatest accumulator of every channel, two (n,) int64, whatever the input."""
        low = self.bias + np.minimum(-128 * self.weights, 127 * self.weights).sum(axis=1)
        high = self.bias + np.maximum(-128 * self.weights, 127 * self.weights).sum(axis=1)
        return low, high


def read_layer(step):
    """The Layer of a portable CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED."""
    name, layout = fields.OPERATORS[step.code]
    params = layout.unpack(step.params)
    window = None if name == "FULLY_CONNECTED" else window_of(params)
    n = params["out_n"] if window is None else window.out_c
    weights = np.frombuffer(step.data, np.int8, offset=fields.padded(9 * n)).astype(np.int64)
    weights = weights.reshape(-1, n).T if name == "DEPTHWISE_CONV_2D" else weights.reshape(n, -1)
    bias, multiplier, shift = (np.frombuffer(step.data, code, n, at * n).astype(np.int64) for code, at in (("<i4", 0), ("<i4", 4), ("i1", 8)))
    return Layer(params, window, bias, multiplier, shift, weights)


def window_of(params):
    """The Window in the params of an operator that has one."""
    return Window(**{name: params[name] for name in Window.__dataclass_fields__})


def fits_unpadded(window):
    """Whether a kernel of 1x1 finds every pixel it reads in the input itself."""
    w = window
    inside = (w.out_h - 1) * w.stride_h < w.in_h and (w.out_w - 1) * w.stride_w < w.in_w
    return w.kernel == 1 and w.pad_top == w.pad_left == 0 and inside


def tile_overlap(window, n_pixels, in_strips):
    """The distance of a convolution that works on n_pixels output pixels at a time, in raster order from image to image.

    in_strips: the input under a whole row of outputs is copied when its first pixel's turn comes. Else windows of 1x1 are
    read where they lie, until all outputs of their pixels are written.
    """
    w = window
    pixels = w.out_h * w.out_w
    row_bytes, image_bytes = w.in_w * w.in_c, w.in_h * w.in_w * w.in_c
    first = np.arange(0, w.batches * pixels, n_pixels)
    done = np.minimum(first + n_pixels, w.batches * pixels)
    if in_strips:
        image, y = np.divmod((done - 1) // w.out_w + 1, w.out_h)  # the first row without a strip
        needed = np.clip(y * w.stride_h - w.pad_top, 0, w.in_h) * row_bytes
    else:
        image, pixel = np.divmod(first, pixels)
        y, x = np.divmod(pixel, w.out_w)
        needed = y * w.stride_h * row_bytes + x * w.stride_w * w.in_c
    return steps_overlap(done * w.out_c, image * image_bytes + needed, w.batches * image_bytes)
