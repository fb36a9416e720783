"""LUT: what every operator becomes that maps a byte to a byte whatever its neighbours."""

import struct

import numpy as np

from linnet.graph import Step
from linnet.operators.operands import expect_elements

CODE, NAME = 10, "LUT"


def lut_step(op, function):
    """The Step of an operator. `function` maps its 256 input values, int64, to values of its output."""
    source, output = op.inputs[0], op.outputs[0]
    expect_elements(op, output, source.elements, "output")
    values = np.arange(256, dtype=np.uint8).view(source.dtype).astype(np.int64)
    table = function(values).astype(output.dtype).tobytes()
    return Step(CODE, NAME, [source], [output], struct.pack("<I", source.elements), table, 0, [0], op.kind)
