"""BATCH_MATMUL: int16 (batches, rows, depth) x (batches, depth, cols) -> (batches, rows, cols); either may be transposed or constant."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import fully_connected
from linnet.operators.batch_matmul import product_of
from linnet.operators.int16.layer import INT16_MAX, MAX_LEFT_SHIFT, expect_int16
from linnet.operators.operands import expect_operands
from linnet.operators.product import MAX_SIZE
from linnet.requant import quantize_multiplier

CODE, NAME = 267, "BATCH_MATMUL_INT16"


def lower(op):
    expect_operands(op, 2)
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", op.outputs[0])):
        expect_int16(op, tensor, role)
    sizes, walk, batches, strides = product_of(op)
    if max(*sizes, *batches) > MAX_SIZE:
        raise LinnetError(f"{op}: rows, depth, columns or batches are more than {MAX_SIZE}")
    try:
        multiplier, shift = quantize_multiplier(float(fully_connected.factors(op, 1)[0]))
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    if shift > MAX_LEFT_SHIFT:
        raise LinnetError(f"{op}: the output's scale {op.outputs[0].scale} is too small beside those of the inputs")
    multiplier = min((multiplier + (1 << 15)) >> 16, INT16_MAX)
    params = struct.pack("<16I2i", *batches, *strides[0], *strides[1], *sizes, *walk, multiplier, shift)
    macs = int(np.prod([*batches, *sizes], dtype=np.int64))
    return Step(CODE, NAME, op.inputs[:2], op.outputs, params, b"", macs, [None, None], op.kind)
