"""ADD_N: any number of int8 of one shape, scale and zero point -> int8, their sum. TFLite Micro's add_n.cc."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.cumsum import sum_factor
from linnet.operators.operands import expect_elements, expect_int8, expect_operands, identical_quant

CODE, NAME = 137, "ADD_N"
OPTIONS = None


def lower(op):
    expect_operands(op, len(op.inputs))
    first, output = op.inputs[0], op.outputs[0]
    expect_int8(op, output, "output")
    for i, tensor in enumerate(op.inputs):
        expect_int8(op, tensor, f"input {i}")
        expect_elements(op, tensor, output.elements, f"input {i}")
        if not identical_quant(tensor, first):
            raise LinnetError(f"{op}: its inputs are quantized differently; convert the model again")
    params = struct.pack("<I2h2i", output.elements, first.zero_point, output.zero_point, *sum_factor(op, first, output))
    return Step(CODE, NAME, op.inputs, [output], params, b"", 0, [0] * len(op.inputs), op.kind)
