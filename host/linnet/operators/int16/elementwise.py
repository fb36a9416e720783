"""ADD, SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM: int16 (...) and int16 (...), broadcast, -> int16."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.elementwise import MODES, walk_step
from linnet.operators.int16.layer import INT16_MAX, INT16_MIN, clamp, expect_int16
from linnet.operators.operands import expect_operands, same_quant
from linnet.requant import quantize_multiplier

CODE, NAME = 261, "ELEMENTWISE_INT16"
LEFT_SHIFT = 15


def lower(op):
    expect_operands(op, 2)
    output = op.outputs[0]
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", output)):
        expect_int16(op, tensor, role)
    if op.kind in ("MAXIMUM", "MINIMUM") and not all(same_quant(tensor, output) for tensor in op.inputs):
        raise LinnetError(f"{op}: its inputs and output are quantized differently, and it does not rescale; convert the model again")
    try:
        pairs = [quantize_multiplier(float(factor)) for factor in _factors(op)]
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    if any(shift > 0 for _, shift in pairs[: 3 if op.kind in ("ADD", "SUB") else 2]):
        raise LinnetError(f"{op}: the output's scale {output.scale} is too small beside those of the inputs")
    limits = clamp(op) if "fused_activation" in op.attrs else (INT16_MIN, INT16_MAX)
    params = struct.pack("<2hI6i", *limits, MODES[op.kind], *(m for m, _ in pairs), *(shift for _, shift in pairs))
    return walk_step(op, CODE, NAME, params)


def _factors(op):
    """The real factors of input 0, input 1 and the output: TFLite Micro's add_common.cc, sub_common.cc, mul_common.cc."""
    s0, s1 = (tensor.scale for tensor in op.inputs)  # float32, as is what TFLite computes in single precision
    output = op.outputs[0].scale
    if op.kind == "MUL":
        return 0, 0, float(s0) * float(s1) / float(output)
    if op.kind in ("MAXIMUM", "MINIMUM"):
        return 0, 0, 0
    if op.kind == "SUB":
        common = np.float32(2) * max(s0, s1)
        return s0 / common, s1 / common, common / (np.float32(1 << LEFT_SHIFT) * output)
    common = 2 * float(max(s0, s1))
    last = common / ((1 << LEFT_SHIFT) * float(output)) if op.kind == "ADD" else common * common / float(output)
    return float(s0) / common, float(s1) / common, last
