"""DEQUANTIZE: int8, uint8 or int16 -> float32."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_operands, expect_per_tensor

CODE, NAME = 12, "DEQUANTIZE"
OPTIONS = None


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    if source.dtype not in ("int8", "uint8", "int16") or output.dtype != "float32":
        raise LinnetError(f"{op}: makes {output.dtype} of {source.dtype}; supported are int8, uint8 and int16 to float32")
    expect_per_tensor(op, source, "input")
    expect_elements(op, output, source.elements, "output")
    params = struct.pack("<Ifi", source.elements, source.scale, source.zero_point)
    # Element i is read before bytes 4i ... 4i + 3 are written.
    growth = output.bytes - source.bytes
    return Step(CODE, NAME, [source], [output], params, b"", 0, [growth], op.kind)
