"""SAME and VALID become numbers: the attributes pad_top and pad_left."""

from linnet.errors import LinnetError
from linnet.operators import window
from linnet.operators.operands import expect_rank

WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")


def run(graph):
    for op in graph.operators:
        if op.kind in WINDOWED and "pad_top" not in op.attrs:
            resolve(op)


def resolve(op):
    """Adds the operator's padding; LinnetError when its output has not the size that follows from it."""
    expect_rank(op, op.inputs[0], 4, "input")
    expect_rank(op, op.outputs[0], 4, "output")
    if "filter_height" not in op.attrs:
        if len(op.inputs) < 2 or op.inputs[1] is None:
            raise LinnetError(f"{op}: has no weights")
        expect_rank(op, op.inputs[1], 4, "weights")
    attrs = op.attrs
    kernel_h, kernel_w = window.kernel_size(op)
    for size, stride, dilation in zip((kernel_h, kernel_w), *_steps(attrs)):
        if min(size, stride, dilation) < 1:
            raise LinnetError(f"{op}: window {size}, stride {stride}, dilation {dilation}; each must be at least 1")
    _, in_h, in_w, _ = op.inputs[0].shape
    (stride_h, stride_w), (dilation_h, dilation_w) = _steps(attrs)
    out_h, attrs["pad_top"] = window.geometry(in_h, kernel_h, stride_h, dilation_h, attrs["padding"])
    out_w, attrs["pad_left"] = window.geometry(in_w, kernel_w, stride_w, dilation_w, attrs["padding"])
    if op.outputs[0].shape[1:3] != (out_h, out_w):
        raise LinnetError(f"{op}: output is {op.outputs[0].shape[1:3]}, its window makes {(out_h, out_w)} of {(in_h, in_w)}")


def _steps(attrs):
    """((stride_h, stride_w), (dilation_h, dilation_w)); pools have no dilation."""
    strides = attrs["stride_h"], attrs["stride_w"]
    return strides, (attrs.get("dilation_h", 1), attrs.get("dilation_w", 1))
