"""ADD: int8 (n) + int8 (n) -> int8 (n); a constant may be smaller, it is repeated as NumPy does."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step, Tensor
from linnet.operators import activation
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import quantize_multiplier

CODE, NAME = 6, "ADD"
OPTIONS = "AddOptions"
LEFT_SHIFT = 20


def read(options):
    return {"fused_activation": activation.read(options)}


def lower(op):
    expect_operands(op, 2)
    output = op.outputs[0]
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", output)):
        expect_int8(op, tensor, role)
    inputs = [_as_large_as(op, tensor, output) for tensor in op.inputs]
    pairs = [quantize_multiplier(factor) for factor in factors(inputs, output)]
    if any(shift > 0 for _, shift in pairs):
        raise LinnetError(f"{op}: the output's scale {output.scale} is too small beside those of the inputs")
    params = struct.pack(
        "<I6h6i",
        output.elements,
        *(tensor.zero_point for tensor in inputs), output.zero_point, *activation.clamp(op), 0,
        *(multiplier for multiplier, _ in pairs), *(shift for _, shift in pairs),
    )  # fmt: skip
    return Step(CODE, NAME, inputs, [output], params, b"", 0, [0, 0], op.kind)


def factors(inputs, output):
    """Both inputs come to a common scale, the sum from there to the output's: TFLite Micro's add_common.cc."""
    scales = [float(tensor.scale) for tensor in inputs]
    common = 2 * max(scales)
    return scales[0] / common, scales[1] / common, common / ((1 << LEFT_SHIFT) * float(output.scale))


def _as_large_as(op, tensor, output):
    """The tensor itself when it has the output's shape (but for leading ones), else a constant repeated to it."""
    if _trimmed(tensor.shape) == _trimmed(output.shape):
        return tensor
    if tensor.data is None:
        raise LinnetError(
            f"{op}: adds {tensor.shape} to make {output.shape}; only constants are repeated, make both inputs the same shape"
        )
    data = np.ascontiguousarray(np.broadcast_to(tensor.data, output.shape))
    return Tensor(tensor.name, output.shape, tensor.dtype, tensor.quant, data, tensor.source)


def _trimmed(shape):
    """A shape without its leading ones."""
    return shape[next((i for i, size in enumerate(shape) if size != 1), len(shape)) :]
