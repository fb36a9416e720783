"""TOPK_V2: int8 or int32 (..., n) -> the k largest along the last axis (..., k), and where they are, int32."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_constant, expect_elements, expect_operands, identical_quant, remedy

CODE, NAME = 138, "TOP_K"
OPTIONS = None


def lower(op):
    expect_operands(op, 2, n_outputs=2)
    source, (values, places) = op.inputs[0], op.outputs
    if source.dtype not in ("int8", "int32") or not source.shape:
        raise LinnetError(f"{op}: input is {source.dtype} {source.shape}; {remedy(op, source)}")
    if not identical_quant(source, values) or places.dtype != "int32":
        raise LinnetError(f"{op}: makes {values.dtype} and {places.dtype}, expected what its input is and int32; convert the model again")
    k, n = int(expect_constant(op, op.inputs[1], "k").item()), source.shape[-1]
    if not 1 <= k <= n:
        raise LinnetError(f"{op}: asks for {k} of {n}")
    rows = source.elements // n
    for tensor in op.outputs:
        expect_elements(op, tensor, rows * k, f'"{tensor.name}"')
    return Step(CODE, NAME, [source], [values, places], struct.pack("<3I", rows, n, k), b"", 0, [None], op.kind)
