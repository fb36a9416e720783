"""int8 weights, symmetric per channel or per tensor, and int32 biases: TFLite's scheme."""

import numpy as np

WEIGHT_MAX = 127
BIAS_MAX = (1 << 31) - 1
SMALLEST = 1e-12


def scales_of(weights, axis, per_channel):
    """(channels,) or (1,) float32 scales of float weights (any shape)."""
    magnitudes = np.abs(rows_of(weights, axis)).max(axis=1)
    if not per_channel:
        magnitudes = magnitudes.max(keepdims=True)
    scales = magnitudes / WEIGHT_MAX
    least = max(float(scales.max()) * 1e-6, SMALLEST)  # of a channel without weights
    return np.maximum(scales, least).astype(np.float32)


def enough_for_bias(scales, bias, input_scale):
    """The scales, made larger where a bias would not fit its int32."""
    if bias is None:
        return scales
    least = np.abs(bias) / (np.float64(input_scale) * BIAS_MAX * 0.5)
    least = least if len(scales) > 1 else least.max(keepdims=True)
    return np.maximum(scales, least).astype(np.float32)


def round_weights(weights, scales, axis):
    """Nearest int8 weights (the same shape)."""
    q = np.clip(np.rint(rows_of(weights, axis) / scales[:, None].astype(np.float64)), -WEIGHT_MAX, WEIGHT_MAX)
    return from_rows(q.astype(np.int8), weights.shape, axis)


def dequantize(quantized, scales, axis):
    """int8 weights as float64."""
    rows = rows_of(quantized, axis) * scales[:, None].astype(np.float64)
    return from_rows(rows, quantized.shape, axis)


def round_bias(bias, input_scale, scales):
    """int32 biases (channels,) at the scale of the accumulators; bias float (channels,)."""
    q = np.rint(bias / (np.float64(input_scale) * scales.astype(np.float64)))
    return np.clip(q, -BIAS_MAX, BIAS_MAX).astype(np.int32)


def rows_of(weights, axis):
    """(channels, the rest), output channels first."""
    return np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)


def from_rows(rows, shape, axis):
    """The inverse of rows_of."""
    moved = (shape[axis], *(size for i, size in enumerate(shape) if i != axis))
    return np.ascontiguousarray(np.moveaxis(rows.reshape(moved), 0, axis))
