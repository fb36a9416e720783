"""HARD_SWISH: int8 -> int8, as a table. TFLite's reference/hard_swish.h: fixed point in 16 bits."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.lut import CODE, NAME, lut_step
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import INT32_MAX, quantize_multiplier

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None
INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    fine = np.float32(1 / 128) * source.scale
    scale, exponent = _multiplier(fine / output.scale)
    ramp, ramp_exponent = _multiplier(fine / (np.float32(3) / np.float32(32768)))  # from -3 ... 3 to -1 ... 1
    if exponent > 0:
        raise LinnetError(f"{op}: the output's scale {output.scale} is too small beside the input's {source.scale}")

    def hard_swish(q):
        x = (q - source.zero_point) << 7
        gate = x
        if ramp_exponent > 0:
            gate = _saturate(gate << (ramp_exponent - 1))
        gate = _high_mul(gate, ramp)
        if ramp_exponent > 0:
            gate = _saturate(gate << 1)
        gate = _rounding_shift(gate, max(0, -ramp_exponent))
        product = ((gate + (1 << 15)) >> 1) * _high_mul(x, scale)
        y = np.sign(product) * (np.abs(product) >> 15)  # to zero
        return np.clip(_rounding_shift(y, -exponent) + output.zero_point, -128, 127)

    return lut_step(op, hard_swish)


def _multiplier(real):
    """(multiplier, shift) with 16 bits. TFLite's DownScaleInt32ToInt16Multiplier."""
    multiplier, shift = quantize_multiplier(float(real))
    return INT16_MAX if multiplier >= INT32_MAX - (1 << 15) else (multiplier + (1 << 15)) >> 16, shift


def _saturate(x):
    return np.clip(x, INT16_MIN, INT16_MAX)


def _high_mul(a, b):
    return _saturate((a * b + (1 << 14)) >> 15)


def _rounding_shift(x, exponent):
    """gemmlowp's RoundingDivideByPOT of 16-bit numbers: ties away from zero; its mask is cut to 16 bits."""
    mask = np.int64((1 << exponent) - 1).astype(np.int16).astype(np.int64)
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))
