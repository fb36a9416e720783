"""SOFTMAX: int16 (rows, depth) -> int16, output scale 1/32768, by two interpolated tables. TFLite Micro's softmax_common.cc."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.int16.layer import INT16_MAX, INT16_MIN, expect_int16
from linnet.operators.operands import expect_elements, expect_operands
from linnet.requant import quantize_multiplier

CODE, NAME = 263, "SOFTMAX_INT16"
MAX_DEPTH = (1 << 16) - 1
MAX_LEFT_SHIFT = 14
STEPS = 512


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int16(op, source, "input")
    expect_int16(op, output, "output")
    expect_elements(op, output, source.elements, "output")
    if abs(float(output.scale) * 32768 - 1) > 0.001:
        raise LinnetError(f"{op}: output scale {output.scale}; TFLite's is 1/32768")
    depth = source.shape[-1] if source.shape else 1
    if depth > MAX_DEPTH:
        raise LinnetError(f"{op}: {depth} classes are more than {MAX_DEPTH}")
    factor = float(source.scale) * float(np.float32(op.attrs["beta"])) / (10.0 / 65535.0)
    try:
        multiplier, shift = quantize_multiplier(factor)
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
    if shift > MAX_LEFT_SHIFT:
        raise LinnetError(f"{op}: beta times the input's scale is {factor * 10 / 65535:.4g}, too large for TFLite's 16-bit softmax")
    params = struct.pack("<2I2i", source.elements // depth, depth, multiplier, shift)
    data = b"".join(table.astype("<i2").tobytes() + bytes(2) for table in tables())
    return Step(CODE, NAME, [source], [output], params, data, 0, [0], op.kind)


def tables():
    """(exp of -10 ... 0, 1 / (1 + x) of 0 ... 1), both (513,) Q0.15."""
    one = np.float32(1)
    return (
        _populate(10, INT16_MAX, lambda x: np.exp(x.astype(np.float64)).astype(np.float32)),
        _populate(1, INT16_MIN, lambda x: one / (one + x)),
    )


def _populate(span, zero_point, function):
    """TFLite's LUTPopulateInt16 for inputs that span `span` and outputs of -1 ... 1, all of it in single precision."""
    span_q = np.float32(INT16_MAX - INT16_MIN)
    scale_in, scale_out = np.float32(span) / span_q, np.float32(2) / span_q
    low, high = scale_in * np.float32(INT16_MIN - zero_point), scale_in * np.float32(INT16_MAX - zero_point)
    step = (high - low) / np.float32(STEPS)
    inverse = np.float32(1 << 16) / (scale_out * np.float32(INT16_MAX) - scale_out * np.float32(INT16_MIN))
    i = np.arange(STEPS + 1, dtype=np.float32)
    value = function(low + i[:-1] * step) * inverse
    middle = function(low + i[:-1] * step + step / np.float32(2)) * inverse
    following = function(low + i[1:] * step) * inverse
    error = _round((following + _round(value)) / np.float32(2)) - _round(middle)
    made = _round(value) - _round(error / np.float32(2))
    last = _round(function(np.array([high], np.float32)) * inverse)
    return np.clip(np.concatenate([made, last]), INT16_MIN, INT16_MAX).astype(np.int16)


def _round(x):
    """To the nearest integer, ties away from zero."""
    return np.copysign(np.floor(np.abs(x) + np.float32(0.5)), x)
