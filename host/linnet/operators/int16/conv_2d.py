"""CONV_2D: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c)."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import channels, window
from linnet.operators.conv_2d import MAX_PATCH_BYTES
from linnet.operators.int16 import layer
from linnet.operators.operands import expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 256, "CONV_2D_INT16"


def lower(op):
    expect_operands(op, 3, optional=1)
    weights = layer.expect_layer(op, rank=4, axis=0)
    w = window.of(op)
    out_c, _, _, in_c = weights.shape
    if in_c != w.in_c:
        raise LinnetError(f"{op}: weights take {in_c} of {w.in_c} input channels; grouped convolutions on int16 are not supported")
    if out_c != w.out_c:
        raise LinnetError(f"{op}: weights make {out_c} channels, the output has {w.out_c}")
    if w.kernel * in_c > MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: a window of {w.kernel} times {in_c} channels is larger than {MAX_PATCH_BYTES}")
    finish, data = layer.pack_layer(op, layer.sizes(weights.reshape(out_c, -1)), channels.channel_factors(op, out_c))
    overlap = 2 * window_overlap(w)
    return Step(
        CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + finish, data + weights.tobytes(), w.pixels * weights.size, [overlap],
        op.kind,
    )  # fmt: skip
