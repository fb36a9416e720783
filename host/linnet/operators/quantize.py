"""QUANTIZE: float32 -> int8, uint8 or int16; between int8 and uint8, or two scales, it is a table."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.int16 import rescale
from linnet.operators.lut import lut_step
from linnet.operators.operands import expect_elements, expect_operands, expect_per_tensor
from linnet.requant import quantize_multiplier, requant

CODE, NAME = 11, "QUANTIZE"
OPTIONS = None


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    if source.dtype != "float32":
        bytes_only = {source.dtype, output.dtype} <= {"int8", "uint8"}
        return _rescale(op, source, output) if bytes_only else rescale.lower(op)
    if output.dtype not in ("int8", "uint8", "int16"):
        raise LinnetError(f"{op}: quantizes float32 to {output.dtype}; supported are int8, uint8 and int16")
    expect_per_tensor(op, output, "output")
    expect_elements(op, output, source.elements, "output")
    params = struct.pack("<Ifi", source.elements, output.scale, output.zero_point)
    return Step(CODE, NAME, [source], [output], params, b"", 0, [0], op.kind)


def _rescale(op, source, output):
    for role, tensor in (("input", source), ("output", output)):
        expect_per_tensor(op, tensor, role)
    expect_elements(op, output, source.elements, "output")
    multiplier, shift = quantize_multiplier(float(source.scale) / float(output.scale))
    limits = np.iinfo(output.dtype)

    def rescaled(q):
        return np.clip(requant(q - source.zero_point, multiplier, shift) + output.zero_point, limits.min, limits.max)

    return lut_step(op, rescaled)
