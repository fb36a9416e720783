"""TRANSPOSE_CONV: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c)."""

import numpy as np

from linnet.errors import LinnetError
from linnet.fields import padded
from linnet.graph import Operator, Step
from linnet.operators import channels, window
from linnet.operators.operands import expect_int8, expect_operands, expect_rank
from linnet.overlap import pixels_overlap

CODE, NAME = 160, "TRANSPOSE_CONV"
OPTIONS = "TransposeConvOptions"
MAX_PATCH_BYTES = 1 << 24


def read(options):
    return window.read(options)


def lower(op):
    expect_operands(op, 4, optional=1)
    # TFLite's operands: the output's shape, weights, input, bias. From here on as those of a convolution.
    op = Operator(op.kind, [op.inputs[2], op.inputs[1], *op.inputs[3:]], op.outputs, op.attrs, op.index)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    weights = channels.expect_weights(op, rank=4, axis=0)
    w = window_of(op)
    if weights.shape[0] != w.out_c or weights.shape[3] != w.in_c:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if w.kernel * w.in_c > MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: a window of {w.kernel * w.in_c} bytes is larger than {MAX_PATCH_BYTES}")
    data = pack(op, weights, w)
    params = w.pack(op) + window.pack_requant(op)
    macs = w.batches * w.in_h * w.in_w * weights.size
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, macs, [overlap(w)], op.kind)


def window_of(op):
    """The Window of a transposed convolution: pads as of the convolution that turns its output into its input."""
    expect_rank(op, op.inputs[0], 4, "input")
    expect_rank(op, op.outputs[0], 4, "output")
    attrs, (_, out_h, out_w, _) = op.attrs, op.outputs[0].shape
    kernel_h, kernel_w = window.kernel_size(op)
    for size, stride in ((kernel_h, attrs["stride_h"]), (kernel_w, attrs["stride_w"])):
        if min(size, stride) < 1:
            raise LinnetError(f"{op}: window {size}, stride {stride}; each must be at least 1")
    made_h, pad_top = window.geometry(out_h, kernel_h, attrs["stride_h"], 1, attrs["padding"])
    made_w, pad_left = window.geometry(out_w, kernel_w, attrs["stride_w"], 1, attrs["padding"])
    if op.inputs[0].shape[1:3] != (made_h, made_w):
        raise LinnetError(f"{op}: an output of {(out_h, out_w)} is made of {(made_h, made_w)}, the input is {op.inputs[0].shape[1:3]}")
    op.attrs = attrs | {"pad_top": pad_top, "pad_left": pad_left}
    return window.of(op)


def phases_of(weights, w):
    """Each phase's weights, [(out_c, taps of ky, taps of kx, in_c)]: a pixel reads its taps of a row from left to right, which
    is kx falling."""
    return [weights[:, y :: w.stride_h, x :: w.stride_w][:, :, ::-1] for y in range(w.stride_h) for x in range(w.stride_w)]


def pack(op, weights, w):
    """The data of FORMAT.md: channels of all phases, then each phase's weights."""
    phases = phases_of(weights, w)
    factors = channels.channel_factors(op, w.out_c)
    blocks = [channels.pack_channels(op, phase.reshape(w.out_c, -1), factors) for phase in phases]
    columns = ((0, 4), (4, 8), (8, 9))  # bias, multiplier, shift
    data = b"".join(block[w.out_c * a : w.out_c * b] for a, b in columns for block in blocks)
    data += bytes(padded(len(data)) - len(data))
    return data + b"".join(np.ascontiguousarray(phase).tobytes() for phase in phases)


def overlap(w):
    """The kernel goes over output pixels in raster order; each reads from its topmost, leftmost tap on."""
    rows = _first_taps(w.out_h, w.pad_top, w.stride_h, w.kernel_h, w.in_h)
    columns = _first_taps(w.out_w, w.pad_left, w.stride_w, w.kernel_w, w.in_w)
    image_bytes = w.in_h * w.in_w * w.in_c
    first = (rows[:, None] * w.in_w + columns) * w.in_c
    first = np.where((rows[:, None] < w.in_h) & (columns < w.in_w), first, image_bytes)
    return pixels_overlap(first.reshape(-1), w.batches, w.out_c, image_bytes)


def _first_taps(out_size, pad, stride, kernel, in_size):
    """For each output position along an axis, the first input position that it reads; in_size where there is none."""
    last, phase = np.divmod(np.arange(out_size) + pad, stride)
    taps = kernel // stride + (phase < kernel % stride)
    first = np.maximum(last + 1 - taps, 0)
    return np.where((taps > 0) & (first < in_size), first, in_size)
