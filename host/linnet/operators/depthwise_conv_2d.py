"""DEPTHWISE_CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c).

Weights are (1, kernel_h, kernel_w, out_c). Output channel o reads input channel o // (out_c / in_c). Of one input channel it
is a convolution, whose kernels are the faster ones.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import channels, conv_2d, window
from linnet.operators.operands import expect_int8, expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 2, "DEPTHWISE_CONV_2D"
OPTIONS = "DepthwiseConv2DOptions"


def read(options):
    return conv_2d.read(options) | {"depth_multiplier": options.DepthMultiplier()}


def lower(op):
    expect_operands(op, 3, optional=1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    weights = channels.expect_weights(op, rank=4, axis=3)
    w = window.of(op).as_row()
    out_c = weights.shape[3]
    if weights.shape[0] != 1 or out_c != w.out_c or out_c % w.in_c != 0:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if weights.size > conv_2d.MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: {weights.size} bytes of weights are more than {conv_2d.MAX_PATCH_BYTES}")
    taps = np.ascontiguousarray(weights.reshape(-1, out_c).T)  # (out_c, kernel)
    constants = channels.pack_channels(op, taps, channels.channel_factors(op, out_c))
    params = w.pack(op) + window.pack_requant(op)
    macs = w.pixels * weights.size
    if w.in_c == 1 and out_c > 1:
        data = constants + taps.tobytes()
        return Step(conv_2d.CODE, conv_2d.NAME, op.inputs[:1], op.outputs, params, data, macs, [window_overlap(w)], op.kind)
    data = constants + weights.tobytes()
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, macs, [window_overlap(w)], op.kind)
