"""CONV_2D: int8 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c)."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import channels, window
from linnet.operators.operands import expect_int8, expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 1, "CONV_2D"
OPTIONS = "Conv2DOptions"
MAX_PATCH_BYTES = 1 << 24


def read(options):
    dilations = {"dilation_h": options.DilationHFactor(), "dilation_w": options.DilationWFactor()}
    return window.read(options) | dilations


def lower(op):
    expect_operands(op, 3, optional=1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    weights = channels.expect_weights(op, rank=4, axis=0)
    w = window.of(op)
    out_c, _, _, in_c = weights.shape
    if in_c != w.in_c:
        raise LinnetError(f"{op}: weights take {in_c} of {w.in_c} input channels; grouped convolutions are not supported")
    if out_c != w.out_c:
        raise LinnetError(f"{op}: weights make {out_c} channels, the output has {w.out_c}")
    if w.kernel * in_c > MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: a window of {w.kernel * in_c} bytes is larger than {MAX_PATCH_BYTES}")
    data = channels.pack_channels(op, weights.reshape(out_c, -1), channels.channel_factors(op, out_c)) + weights.tobytes()
    params = w.pack(op) + window.pack_requant(op)
    macs = w.pixels * weights.size
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, macs, [window_overlap(w)], op.kind)
