"""ADD: int8 (n) + int8 (n) -> int8 (n). Of inputs of unequal shapes it is an ELEMENTWISE, with a single constant a LUT."""

import struct

from linnet.broadcast import same_shape
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import activation, elementwise
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
    inputs = op.inputs
    alike = all(same_shape(tensor, output) for tensor in inputs)
    if not alike or inputs[0] is inputs[1]:
        return elementwise.lower(op)
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

