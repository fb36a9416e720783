"""ABS, RSQRT, ELU, EXP and LOG: int8 -> int8, as tables. TFLite Micro's elementwise.cc and elu.cc; EXP and LOG are LiteRT's."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.lut import CODE, NAME, lut_step
from linnet.operators.operands import expect_int8, expect_operands
from linnet.requant import INT32_MAX, high_mul, quantize_multiplier, requant, rounding_shift, saturating_shift

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "real_table"]

OPTIONS = None


def lower(op):
    return {"ABS": _abs, "RSQRT": _rsqrt, "ELU": _elu, "EXP": _exp, "LOG": _log}[op.kind](op)


def real_table(op, function):
    """The LUT Step of a float32 function of a float32 array. TFLite's LUTPopulate."""
    source, output = _operands(op)
    inverse_scale = np.float32(1) / output.scale

    def quantized(q):
        with np.errstate(over="ignore"):
            y = function(source.scale * (q - source.zero_point).astype(np.float32)) * inverse_scale
        y = np.trunc(y.astype(np.float64) + np.copysign(0.5, y)).astype(np.float32)  # ties away from zero
        return np.clip(y + np.float32(output.zero_point), -128, 127).astype(np.int64)

    return lut_step(op, quantized)


def _operands(op):
    expect_operands(op, 1)
    expect_int8(op, op.inputs[0], "input")
    expect_int8(op, op.outputs[0], "output")
    return op.inputs[0], op.outputs[0]


def _elu(op):
    return real_table(op, lambda x: np.where(x < 0, _exp32(x) - np.float32(1), x))


def _exp(op):
    return real_table(op, _exp32)


def _exp32(x):
    return np.exp(x.astype(np.float64)).astype(np.float32)


def _log(op):
    output = _operands(op)[1]
    least = output.scale * np.float32(-128 - output.zero_point)  # of what has no logarithm

    def log(x):
        return np.where(x > 0, np.log(np.where(x > 0, x, 1).astype(np.float64)).astype(np.float32), least)

    return real_table(op, log)


def _abs(op):
    source, output = _operands(op)
    pair = quantize_multiplier(float(source.scale / output.scale))

    def absolute(q):
        x = np.abs(q - source.zero_point)
        return np.clip((x if source.scale == output.scale else requant(x, *pair)) + output.zero_point, -128, 127)

    return lut_step(op, absolute)


def _rsqrt(op):
    """Of negative values, which TFLite refuses when it runs, as of 0: the largest."""
    source, output = _operands(op)
    multiplier, shift = quantize_multiplier(1 / float(np.sqrt(source.scale) * output.scale))
    if shift - 20 < -31:
        raise LinnetError(f"{op}: the output's scale {output.scale} is too large for the input's {source.scale}")

    def rsqrt(q):
        roots = [_inverse_root(int(x)) if x > 0 else 0 for x in q - source.zero_point]
        y = requant(np.array(roots), multiplier, shift - 20) + output.zero_point
        return np.where(q > source.zero_point, np.clip(y, -128, 127), 127)

    return lut_step(op, rsqrt)


def _inverse_root(x):
    """1 / sqrt(x) * 2^20 for 1 <= x < 2^29. TFLite's GetInvSqrtQuantizedMultiplierExp."""
    if x == 1:
        return int(requant(1, INT32_MAX, 20))
    pairs = (32 - x.bit_length() - 1) // 2 - 1
    shift, x = 11 - pairs, x << 2 * pairs
    half = rounding_shift(x >> 1, 1)
    y = 1 << 28  # 1 in Q3.28, as all that follows
    for _ in range(5):
        cube = saturating_shift(high_mul(high_mul(y, y), y), 6)
        y = saturating_shift(high_mul((1 << 28) + (1 << 27), y) - high_mul(half, cube), 3)
    y = int(high_mul(y, 1518500250))  # sqrt(1/2)
    return int(requant(1, y << max(0, -shift), 20 - max(0, shift)))
