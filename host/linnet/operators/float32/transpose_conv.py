"""TRANSPOSE_CONV: float32 (batches, in_h, in_w, in_c) -> (batches, out_h, out_w, out_c), weights (out_c, kernel_h, kernel_w, in_c)."""

from linnet.errors import LinnetError
from linnet.graph import Operator, Step
from linnet.operators import transpose_conv
from linnet.operators.float32 import layer
from linnet.operators.operands import expect_operands

CODE, NAME = 331, "TRANSPOSE_CONV_FLOAT32"
MAX_WINDOW = 1 << 24  # inputs


def lower(op):
    expect_operands(op, 4, optional=1)
    # TFLite's operands: the output's shape, weights, input, bias. From here on as those of a convolution.
    op = Operator(op.kind, [op.inputs[2], op.inputs[1], *op.inputs[3:]], op.outputs, op.attrs, op.index)
    weights = layer.weights_of(op, rank=4, axis=0)
    w = transpose_conv.window_of(op)
    out_c, _, _, in_c = weights.shape
    if (out_c, in_c) != (w.out_c, w.in_c):
        raise LinnetError(f"{op}: weights {weights.shape} do not fit {w.in_c} input and {w.out_c} output channels")
    if w.kernel * in_c > MAX_WINDOW:
        raise LinnetError(f"{op}: a window of {w.kernel * in_c} inputs is larger than {MAX_WINDOW}")
    params, data = layer.pack_layer(op, out_c)
    macs = w.batches * w.in_h * w.in_w * weights.size
    overlap = 4 * transpose_conv.overlap(w)
    data += layer.little_endian(weights)
    return Step(CODE, NAME, op.inputs[:1], op.outputs, w.pack(op) + params, data, macs, [overlap], op.kind)
