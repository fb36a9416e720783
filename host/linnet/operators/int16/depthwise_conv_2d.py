"""DEPTHWISE_CONV_2D: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c).

Weights are (1, kernel_h, kernel_w, out_c). Output channel o reads input channel o // (out_c / in_c).
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import channels, window
from linnet.operators.int16 import layer
from linnet.operators.operands import expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 257, "DEPTHWISE_CONV_2D_INT16"
MAX_TAPS = 511  # products of 23 bits that add up within 32


def lower(op):
    expect_operands(op, 3, optional=1)
    weights = layer.expect_layer(op, rank=4, axis=3)
    w = window.of(op)
    out_c = weights.shape[3]
    if weights.shape[0] != 1 or out_c != w.out_c or out_c % w.in_c != 0:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if w.kernel > MAX_TAPS:
        raise LinnetError(f"{op}: a window of {w.kernel} taps is larger than {MAX_TAPS}")
    taps = np.ascontiguousarray(weights.reshape(-1, out_c).T)  # (out_c, kernel)
    finish, data = layer.pack_layer(op, layer.sizes(taps), channels.channel_factors(op, out_c), int32_bias=False)
    overlap = 2 * window_overlap(w)
    return Step(
        CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + finish, data + weights.tobytes(), w.pixels * weights.size, [overlap],
        op.kind,
    )  # fmt: skip
