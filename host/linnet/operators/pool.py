"""What AVERAGE_POOL_2D and MAX_POOL_2D share: int8 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c)."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import window
from linnet.operators.operands import expect_int8, expect_operands, expect_same_quant
from linnet.overlap import window_overlap

OPTIONS = "Pool2DOptions"


def read(options):
    return window.read(options) | {"filter_height": options.FilterHeight(), "filter_width": options.FilterWidth()}


def lower(op, code, name):
    expect_operands(op, 1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    expect_same_quant(op, "a pool")
    w = window.of(op)
    if w.in_c != w.out_c:
        raise LinnetError(f"{op}: {w.in_c} channels go in, {w.out_c} come out")
    if not every_window_has_taps(w):
        raise LinnetError(f"{op}: some windows lie outside the input entirely")
    params = w.pack(op) + window.pack_requant(op)
    return Step(code, name, op.inputs, op.outputs, params, b"", 0, [window_overlap(w)], op.kind)


def every_window_has_taps(w):
    last_y, last_x = (w.out_h - 1) * w.stride_h, (w.out_w - 1) * w.stride_w
    before = w.pad_top < w.kernel_h and w.pad_left < w.kernel_w
    return before and last_y < w.in_h + w.pad_top and last_x < w.in_w + w.pad_left
