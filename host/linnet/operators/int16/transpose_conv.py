"""TRANSPOSE_CONV: int16 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c)."""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Step
from linnet.operators import channels
from linnet.operators.int16 import layer
from linnet.operators.operands import expect_operands
from linnet.operators.transpose_conv import MAX_PATCH_BYTES, overlap, phases_of, window_of

CODE, NAME = 266, "TRANSPOSE_CONV_INT16"


def lower(op):
    expect_operands(op, 4, optional=1)
    # TFLite's operands: the output's shape, weights, input, bias. From here on as those of a convolution.
    op = Operator(op.kind, [op.inputs[2], op.inputs[1], *op.inputs[3:]], op.outputs, op.attrs, op.index)
    weights = layer.expect_layer(op, rank=4, axis=0)
    w = window_of(op)
    if weights.shape[0] != w.out_c or weights.shape[3] != w.in_c:
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if w.kernel * w.in_c > MAX_PATCH_BYTES:
        raise LinnetError(f"{op}: a window of {w.kernel} times {w.in_c} channels is too large")
    phases = phases_of(weights, w)
    sizes = np.concatenate([layer.sizes(phase.reshape(w.out_c, -1)) for phase in phases])
    finish, data = layer.pack_layer(op, sizes, channels.channel_factors(op, w.out_c), int32_bias=False, times=len(phases))
    data += b"".join(np.ascontiguousarray(phase).tobytes() for phase in phases)
    macs = w.batches * w.in_h * w.in_w * weights.size
    return Step(CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + finish, data, macs, [2 * overlap(w)], op.kind)
