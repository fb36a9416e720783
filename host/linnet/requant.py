"""TFLite's integer arithmetic in NumPy: multipliers, requantization, gemmlowp's fixed point.

`requant` is the twin of device/kernels/linnet_requant.h. Raw fixed-point numbers are int64 arrays that hold int32 values.
"""

import math

import numpy as np

from linnet.errors import LinnetError

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def quantize_multiplier(real):
    """A real factor >= 0 (double) as (multiplier, shift): real = multiplier / 2^31 * 2^shift. TFLite's QuantizeMultiplier."""
    if not (real >= 0 and math.isfinite(real)):
        raise LinnetError(f"a factor of {real} between scales cannot be requantized; the quantization is damaged")
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return INT32_MAX, 30
    return multiplier, shift


def wrap(x):
    """int64 to int32 as two's complement does."""
    return (np.asarray(x, np.int64) + (1 << 31)) % (1 << 32) - (1 << 31)


def high_mul(a, b):
    """gemmlowp's SaturatingRoundingDoublingHighMul; a and b are not both INT32_MIN."""
    return (np.asarray(a, np.int64) * np.asarray(b, np.int64) + (1 << 30)) >> 31


def rounding_shift(x, exponent):
    """gemmlowp's RoundingDivideByPOT: x / 2^exponent to nearest, ties away from zero; 0 <= exponent <= 31."""
    x = np.asarray(x, np.int64)
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + ((x & mask) > threshold)


def requant(acc, multiplier, shift):
    """acc * multiplier / 2^31 * 2^shift with gemmlowp's double rounding; arrays broadcast. -31 <= shift <= 30."""
    left, right = np.maximum(shift, 0), np.maximum(np.negative(shift), 0)
    return rounding_shift(high_mul(wrap(np.asarray(acc, np.int64) << left), multiplier), right)


def round_away(x):
    """To the nearest integer, ties away from zero (TfLiteRound); float32 in, float32 arithmetic."""
    return int(math.copysign(math.floor(abs(float(x)) + 0.5), float(x)))


def quantized_value(real, scale, zero_point):
    """A real value on a tensor's grid, not clamped; `scale` is np.float32, as in TFLite."""
    return zero_point + round_away(np.float32(real) / np.float32(scale))


def activation_range(activation, scale, zero_point, limits=(-128, 127)):
    """The clamp (low, high) of a fused activation, int8's unless said otherwise. TFLite's CalculateActivationRangeQuantized."""
    bounds = {"NONE": (None, None), "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1), "RELU_0_TO_1": (0, 1)}
    if activation not in bounds:
        raise LinnetError(f"the fused activation {activation} is not supported; supported are {', '.join(bounds)}")
    low, high = bounds[activation]
    low = limits[0] if low is None else max(limits[0], quantized_value(low, scale, zero_point))
    high = limits[1] if high is None else min(limits[1], quantized_value(high, scale, zero_point))
    if low > high:
        raise LinnetError(f"{activation} leaves no value within the output's scale {scale} and zero point {zero_point}")
    return low, high


def input_radius(integer_bits, left_shift):
    """The largest difference that survives scaling to `integer_bits`. TFLite's CalculateInputRadius."""
    return math.floor(((1 << integer_bits) - 1) * float(1 << (31 - integer_bits)) / 2.0**left_shift)


def saturating_shift(x, exponent):
    """x * 2^exponent held within int32, exponent >= 0."""
    return np.clip(np.asarray(x, np.int64) << exponent, INT32_MIN, INT32_MAX)


def exp_on_negative_values(x, integer_bits):
    """exp of raw fixed-point numbers <= 0 with `integer_bits`, as raw Q0.31. gemmlowp's function of that name."""
    x = np.asarray(x, np.int64)
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    rest = (x & (quarter - 1)) - quarter  # in [-1/4, 0)
    result = _exp_near_zero(rest << integer_bits)
    remainder = rest - x
    factors = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(-2^k) for k = -2 ... 4
    for k, factor in zip(range(-2, 5), factors):
        if integer_bits > k:
            result = np.where(remainder & (1 << (fraction_bits + k)), high_mul(result, factor), result)
    return np.where(x == 0, INT32_MAX, result)


def _exp_near_zero(x):
    """exp of raw Q0.31 in [-1/4, 0): a Taylor series of degree four around -1/8."""
    exp_minus_eighth, third = 1895147668, 715827883
    x = x + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4 = high_mul(x2, x2)
    tail = rounding_shift(high_mul(rounding_shift(x4, 2) + x3, third) + x2, 1)
    return exp_minus_eighth + high_mul(exp_minus_eighth, x + tail)


def _two_over_one_plus(x):
    """2 / (1 + x) in Q2.29 for raw Q0.31 in [0, 1]: three Newton-Raphson steps."""
    half_denominator = (x + INT32_MAX + 1) >> 1
    y = 1515870810 + high_mul(half_denominator, -1010580540)  # 48/17 - 32/17 * half_denominator
    for _ in range(3):
        rest = (1 << 29) - high_mul(half_denominator, y)
        y = y + saturating_shift(high_mul(y, rest), 2)
    return y


def reciprocal(x):
    """1 / x for whole x > 0, scaled by the power of two that brings it to raw Q0.31 in [1/2, 1]. TFLite's GetReciprocal."""
    x = np.asarray(x, np.int64)
    normal = x << (31 - np.floor(np.log2(x)).astype(np.int64))  # in [2^31, 2^32)
    return saturating_shift(_two_over_one_plus(normal - (1 << 31)), 1)


def logistic(x, integer_bits):
    """1 / (1 + exp(-x)) of raw fixed-point numbers with `integer_bits`, as raw Q0.31. gemmlowp's logistic."""
    x = np.asarray(x, np.int64)
    positive = saturating_shift(_two_over_one_plus(exp_on_negative_values(-np.abs(x), integer_bits)), 1)
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, INT32_MAX - positive))


def tanh(x, integer_bits):
    """tanh of raw fixed-point numbers with `integer_bits`, as raw Q0.31. gemmlowp's tanh."""
    x = np.asarray(x, np.int64)
    y = _two_over_one_plus(exp_on_negative_values(-np.abs(x), integer_bits + 1))  # (1 - e) / (1 + e) = 2 / (1 + e) - 1
    return np.where(x == 0, 0, np.sign(x) * saturating_shift(y - (1 << 29), 2))
