"""DEPTHWISE_CONV_2D: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (1, kernel_h, kernel_w, out_c)."""

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import window
from linnet.operators.float32 import layer
from linnet.overlap import window_overlap

CODE, NAME = 321, "DEPTHWISE_CONV_2D_FLOAT32"


def lower(op):
    weights = layer.weights_of(op, rank=4, axis=3)
    w = window.of(op)
    ones, _, _, out_c = weights.shape
    if ones != 1 or out_c != w.out_c or out_c % w.in_c:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    params, data = layer.pack_layer(op, out_c)
    data += layer.little_endian(weights)
    overlap = 4 * window_overlap(w)
    return Step(CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + params, data, w.pixels * weights.size, [overlap], op.kind)
