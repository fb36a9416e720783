"""What layers with weights share: checks, how their sums are kept, and `channels16` of FORMAT.md section 5."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.channels import expect_weights
from linnet.operators.operands import expect_constant, expect_elements, expect_per_tensor
from linnet.requant import activation_range, quantize_multiplier

INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1
INT32_MAX = (1 << 31) - 1
SHORT, LONG, DOUBLE = range(3)  # linnet_sums_t
LONGEST_BIAS = 1 << 46  # beyond, TFLite's own sums are not defined
MAX_LEFT_SHIFT = 7


def expect_int16(op, tensor, role):
    """The tensor is int16 with one scale and the zero point 0."""
    if tensor.dtype != "int16":
        raise LinnetError(f"{op}: {role} is {tensor.dtype}, expected int16 as the input; convert the model again")
    expect_per_tensor(op, tensor, role)
    if tensor.zero_point != 0:
        raise LinnetError(f"{op}: {role} has the zero point {tensor.zero_point}; int16 must be symmetric, convert the model again")


def expect_layer(op, rank, axis):
    """Checks input, output and weights of a layer, its output channels along `axis`; returns the weights, int8."""
    expect_int16(op, op.inputs[0], "input")
    expect_int16(op, op.outputs[0], "output")
    return expect_weights(op, rank, axis)


def clamp(op):
    """The int16 range (low, high) that the operator's fused activation leaves its output."""
    output = op.outputs[0]
    try:
        return activation_range(op.attrs["fused_activation"], output.scale, output.zero_point, (INT16_MIN, INT16_MAX))
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error


def sizes(weights):
    """(n,) int64: the sum of |weights| of each channel, weights (n, taps) int8."""
    return np.abs(weights.astype(np.int64)).sum(axis=1)


def pack_layer(op, sizes, factors, int32_bias=True, times=1):
    """(bytes of `finish`, bytes of channels16(n)): how sums are kept; biases, multipliers, shifts, padding to 16.

    sizes: as above, (n,). factors (n / times,) float64: what each channel is requantized by; they and the biases are repeated.
    int32_bias: whether TFLite has such a layer with a bias of 32 bits.
    """
    n = len(sizes)
    bias, is_double = _bias(op, n // times, int32_bias)
    bias, factors = np.tile(bias, times), np.tile(factors, times)
    try:
        pairs = [quantize_multiplier(float(factor)) for factor in factors]
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    sums = DOUBLE
    if not is_double:
        if max(shift for _, shift in pairs) > MAX_LEFT_SHIFT:
            raise LinnetError(f"{op}: the output's scale {op.outputs[0].scale} is too small beside the input's; convert the model again")
        fits = int(((sizes << 15) + np.abs(bias)).max()) <= INT32_MAX
        # A channel whose factor is 0 may have any shift.
        pairs = [(min((m + (1 << 15)) >> 16, INT16_MAX), shift if m else -2) for m, shift in pairs]
        sums = SHORT if fits and all(shift <= -2 for _, shift in pairs) else LONG
    data = bias.astype("<i8" if sums == LONG else "<i4").tobytes()
    data += struct.pack(f"<{n}i{n}b", *(m for m, _ in pairs), *(shift for _, shift in pairs))
    return struct.pack("<I2h", sums, *clamp(op)), data + bytes(-len(data) % 16)


def _bias(op, n, int32_bias):
    """(the layer's bias (n,) int64, whether its sums have 32 bits and are rounded twice): TFLite goes by the bias's dtype."""
    tensor = op.inputs[2] if len(op.inputs) > 2 else None
    if tensor is None:
        return np.zeros(n, np.int64), op.attrs.get("bias_dtype") == "int32" and int32_bias
    data = expect_constant(op, tensor, "bias")
    if tensor.dtype != "int64" and not (tensor.dtype == "int32" and int32_bias):
        wanted = "int64 or int32" if int32_bias else "int64"
        raise LinnetError(f"{op}: bias is {tensor.dtype}, expected {wanted} beside int16 activations; convert the model again")
    expect_elements(op, tensor, n, "bias")
    data = data.reshape(n).astype(np.int64)
    if np.any(np.abs(data) > LONGEST_BIAS):
        raise LinnetError(f"{op}: its bias is beyond 46 bits, where TFLite's sums are not defined; convert the model again")
    return data, tensor.dtype == "int32"
