"""CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c).

Filters of fewer channels than the input make it a grouped convolution, those of one channel a depthwise one.
"""

import struct
from dataclasses import replace

import numpy as np

from linnet.errors import LinnetError
from linnet.fields import padded
from linnet.graph import Step
from linnet.operators import channels, int4, window
from linnet.operators.operands import expect_int8, expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 1, "CONV_2D"
OPTIONS = "Conv2DOptions"
MAX_PATCH_BYTES = 1 << 24


def read(options):
    dilations = {"dilation_h": options.DilationHFactor(), "dilation_w": options.DilationWFactor()}
    return window.read(options) | dilations | channels.read(options)


def lower(op):
    expect_operands(op, 3, optional=1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    weights = channels.expect_weights(op, rank=4, axis=0)
    w = window.of(op).as_row()
    out_c, _, _, in_c = weights.shape
    if w.in_c % in_c or out_c % (w.in_c // in_c):
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input channels, in groups or whole")
    if out_c != w.out_c:
        raise LinnetError(f"{op}: weights make {out_c} channels, the output has {w.out_c}")
    if w.kernel * w.in_c > MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: a window of {w.kernel * w.in_c} bytes is larger than {MAX_PATCH_BYTES}")
    factors = channels.channel_factors(op, out_c)
    if in_c == w.in_c and int4.is_pointwise(w) and int4.takes(op.inputs[1]):
        steps = w.in_h * w.in_w * in_c, w.stride_h * w.in_w * in_c, w.stride_w * in_c
        return int4.lower(op, factors, (w.batches, w.out_h, w.out_w), steps, window_overlap(w))
    data = channels.pack_channels(op, weights.reshape(out_c, -1), factors) + weights.tobytes()
    params = w.pack(op) + window.pack_requant(op)
    macs = w.pixels * weights.size
    step = Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, macs, [window_overlap(w)], op.kind)
    if in_c == w.in_c:
        return step
    if in_c == 1:
        return replace(step, code=2, name="DEPTHWISE_CONV_2D", data=_tap_by_tap(step.data, out_c))
    return replace(step, code=163, name="GROUPED_CONV_2D", params=params + struct.pack("<I", w.in_c // in_c))


def _tap_by_tap(data, out_c):
    """The data of a convolution with one input channel as those of a depthwise one: weights (kernel_h, kernel_w, out_c)."""
    at = padded(9 * out_c)
    weights = np.frombuffer(data, np.int8, offset=at).reshape(out_c, -1)
    return data[:at] + np.ascontiguousarray(weights.T).tobytes()
