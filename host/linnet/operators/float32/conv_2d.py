"""CONV_2D: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c / groups)."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import window
from linnet.operators.float32 import layer
from linnet.overlap import window_overlap

CODE, NAME = 320, "CONV_2D_FLOAT32"
MAX_WINDOW = 1 << 24  # inputs


def lower(op):
    weights = layer.weights_of(op, rank=4, axis=0)
    w = window.of(op)
    out_c, _, _, depth = weights.shape
    groups = w.in_c // depth
    if groups * depth != w.in_c or out_c != w.out_c or out_c % groups:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if w.kernel * w.in_c > MAX_WINDOW:
        raise LinnetError(f"{op}: a window of {w.kernel * w.in_c} inputs is larger than {MAX_WINDOW}")
    params, data = layer.pack_layer(op, out_c, groups)
    data += layer.little_endian(weights)
    overlap = 4 * window_overlap(w)
    return Step(CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + params, data, w.pixels * weights.size, [overlap], op.kind)
