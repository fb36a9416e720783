"""DIV: int8 by int8, where one is a constant of one value: a table. TFLite's reference/div.h."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators import activation
from linnet.operators.elementwise import as_table
from linnet.operators.lut import CODE, NAME
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import high_mul, quantize_multiplier, reciprocal, rounding_shift

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "DivOptions"


def read(options):
    return {"fused_activation": activation.read(options)}


def lower(op):
    expect_operands(op, 2)
    (a, b), output = op.inputs, op.outputs[0]
    for role, tensor in (("input 0", a), ("input 1", b), ("output", output)):
        expect_int8(op, tensor, role)
    multiplier, shift = quantize_multiplier(float(a.scale / (b.scale * output.scale)))
    low, high = activation.clamp(op)

    def of(p, q):
        p, q = np.broadcast_arrays(p - a.zero_point, q - b.zero_point)
        p, q = np.where(q < 0, -p, p), np.maximum(np.abs(q), 1)  # what TFLite makes of a division by 0 is undefined
        headroom = 31 - _bits(np.where(p < 0, -p - 1, p))
        quotient = high_mul(p << headroom, reciprocal(q))
        exponent = _bits(q) - 1 + headroom - shift
        scaled = high_mul(quotient, multiplier)
        # Beyond 31 bits nothing is left; TFLite leaves that undefined as well.
        y = np.where(exponent > 31, 0, rounding_shift(scaled << np.maximum(-exponent, 0), np.clip(exponent, 0, 31)))
        return np.clip(y + output.zero_point, low, high)

    step = as_table(op, of)
    if step is None:
        raise LinnetError(f"{op}: divides one tensor by another; only a constant of one value may be on either side: multiply instead")
    return step


def _bits(x):
    """Bits of numbers from 0 to 255."""
    return np.ceil(np.log2(np.asarray(x, np.float64) + 1)).astype(np.int64)
