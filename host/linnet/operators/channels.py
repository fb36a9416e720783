"""Per-channel constants of convolutions and dense layers: `channels(n)` of FORMAT.md section 5."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.operands import expect_constant, expect_elements, expect_rank
from linnet.requant import quantize_multiplier

TENSOR_TYPE_INT32 = 2  # of TFLite's schema


def read(options):
    """Of which dtype the bias of a layer without one would be: beside int16 activations sums go by it."""
    is_int32 = getattr(options, "QuantizedBiasType", int)() == TENSOR_TYPE_INT32
    return {"bias_dtype": "int32"} if is_int32 else {}


def expect_weights(op, rank, axis):
    """Checks the weights of a layer, with `rank` dimensions and output channels along `axis`; returns them, int8."""
    tensor = op.inputs[1]
    weights = expect_constant(op, tensor, "weights")
    expect_rank(op, tensor, rank, "weights")
    if tensor.dtype != "int8":
        raise LinnetError(f"{op}: weights are {tensor.dtype}; quantize them to int8")
    quant = tensor.quant
    if quant is None:
        raise LinnetError(f"{op}: weights have no scale; quantize the model to int8 first")
    n = tensor.shape[axis]
    if len(quant.scale) not in (1, n) or (len(quant.scale) > 1 and quant.axis != axis):
        raise LinnetError(
            f"{op}: weights have {len(quant.scale)} scales along axis {quant.axis}, expected 1 or {n} along axis {axis}"
        )
    if np.any(quant.zero_point != 0):
        raise LinnetError(f"{op}: weights have a zero point other than 0; quantize them symmetrically")
    if not (np.all(np.isfinite(quant.scale)) and np.all(quant.scale >= 0)):
        raise LinnetError(f"{op}: weights have a scale that is negative or not finite; convert the model again")
    return weights


def are_plain(op):
    """Whether the weights are what passes look into: constant, without zero points."""
    tensor = op.inputs[1]
    return tensor.data is not None and tensor.quant is not None and not np.any(tensor.quant.zero_point)


def bias_of(op, n):
    """The layer's bias (n,), int64; zeros when it has none."""
    bias = op.inputs[2] if len(op.inputs) > 2 else None
    if bias is None:
        return np.zeros(n, np.int64)
    data = expect_constant(op, bias, "bias")
    if bias.dtype != "int32":
        raise LinnetError(f"{op}: bias is {bias.dtype}, expected int32; convert the model again")
    expect_elements(op, bias, n, "bias")
    return data.reshape(n).astype(np.int64)


def channel_factors(op, n):
    """What TFLite requantizes each channel by, (n,) float64: products in double precision."""
    factors = np.float64(op.inputs[0].scale) * op.inputs[1].quant.scale.astype(np.float64) / np.float64(op.outputs[0].scale)
    return np.broadcast_to(factors, n)


def pack_channels(op, weights, factors):
    """The bytes of channels(n): bias with the input's zero point folded in, multipliers, shifts, padding to 16.

    weights (n, taps) int8, factors (n,) float64. Sums wrap to 32 bits, as the accumulators do.
    """
    n = len(weights)
    bias = bias_of(op, n) - op.inputs[0].zero_point * weights.sum(axis=1, dtype=np.int64)
    try:
        pairs = np.array([quantize_multiplier(float(factor)) for factor in factors])
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    data = bias.astype("<i4").tobytes() + pairs[:, 0].astype("<i4").tobytes() + pairs[:, 1].astype("i1").tobytes()
    return data + bytes(-len(data) % 16)
