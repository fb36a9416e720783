"""int8 weights, symmetric per channel, and int32 biases: TFLite's scheme."""

import numpy as np

WEIGHT_MAX = 127
BIAS_MAX = (1 << 31) - 1
LONG_BIAS_MAX = 1 << 45  # TFLite's sums beside int16 are not defined beyond 46 bits
SMALLEST = 1e-12


def scales_of(weights, axis):
    """(channels,) float32 scales of float weights (any shape)."""
    scales = np.abs(rows_of(weights, axis)).max(axis=1) / WEIGHT_MAX
    least = max(float(scales.max()) * 1e-6, SMALLEST)  # of a channel without weights
    return np.maximum(scales, least).astype(np.float32)


def enough_for_bias(scales, bias, input_scale):
    """The scales, made larger where a bias would not fit its int32."""
    if bias is None:
        return scales
    least = np.abs(bias) / (np.float64(input_scale) * BIAS_MAX * 0.5)
    return np.maximum(scales, least).astype(np.float32)


def round_weights(weights, scales, axis):
    """Nearest int8 weights (the same shape)."""
    q = np.clip(np.rint(rows_of(weights, axis) / scales[:, None].astype(np.float64)), -WEIGHT_MAX, WEIGHT_MAX)
    return from_rows(q.astype(np.int8), weights.shape, axis)


def dequantize(quantized, scales, axis):
    """int8 weights as float64."""
    rows = rows_of(quantized, axis) * scales[:, None].astype(np.float64)
    return from_rows(rows, quantized.shape, axis)


def round_bias(bias, input_scale, scales, dtype="int32"):
    """Biases (channels,) at the scale of the accumulators; bias float (channels,). dtype: int64 beside int16 activations."""
    limit = BIAS_MAX if dtype == "int32" else LONG_BIAS_MAX
    q = np.rint(bias / (np.float64(input_scale) * scales.astype(np.float64)))
    return np.clip(q, -limit, limit).astype(dtype)


def rows_of(weights, axis):
    """(channels, the rest), output channels first."""
    return np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)


def from_rows(rows, shape, axis):
    """The inverse of rows_of."""
    moved = (shape[axis], *(size for i, size in enumerate(shape) if i != axis))
    return np.ascontiguousarray(np.moveaxis(rows.reshape(moved), 0, axis))
