"""RESCALE: what only moves integers to another scale: QUANTIZE between integers, RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.int16.layer import expect_int16
from linnet.operators.operands import expect_elements, expect_operands, expect_per_tensor
from linnet.requant import activation_range, quantize_multiplier

CODE, NAME = 264, "RESCALE_INT16"
# TFLite Micro's QUANTIZE; int8 and uint8 among themselves are tables.
QUANTIZES = {
    ("int8", "int16"), ("int8", "int32"), ("int16", "int8"), ("int16", "int16"), ("int16", "int32"), ("int32", "int8"),
    ("int32", "int16"),
}  # fmt: skip


def lower(op):
    expect_operands(op, 1)
    if op.kind == "QUANTIZE":
        return _quantize(op)
    source, output = op.inputs[0], op.outputs[0]
    expect_int16(op, source, "input")
    expect_int16(op, output, "output")
    limits = np.iinfo("int16")
    ratio = np.float32(source.scale) / np.float32(output.scale)
    if op.kind == "LEAKY_RELU":
        alpha = np.float32(source.scale) * np.float32(op.attrs["alpha"]) / np.float32(output.scale)
        return rescale(op, [float(ratio), float(alpha)], (limits.min, limits.max))
    return rescale(op, [float(ratio)] * 2, activation_range(op.kind, output.scale, 0, (limits.min, limits.max)))


def _quantize(op):
    source, output = op.inputs[0], op.outputs[0]
    if (source.dtype, output.dtype) not in QUANTIZES:
        raise LinnetError(f"{op}: quantizes {source.dtype} to {output.dtype}, which TFLite Micro does not; convert the model again")
    for role, tensor in (("input", source), ("output", output)):
        expect_per_tensor(op, tensor, role)  # zero points of int16 too, as old models have them
    limits = np.iinfo(output.dtype)
    return rescale(op, [float(source.scale) / float(output.scale)] * 2, (limits.min, limits.max))


def rescale(op, factors, clamp):
    """The Step of an operator that multiplies values from the zero point up by one factor, those below by another."""
    source, output = op.inputs[0], op.outputs[0]
    expect_elements(op, output, source.elements, "output")
    pairs = []
    for factor in factors:
        try:
            multiplier, shift = quantize_multiplier(abs(factor))
        except LinnetError as error:
            raise LinnetError(f"{op}: {error}") from error
        pairs.append((-multiplier if factor < 0 else multiplier, shift))
    params = struct.pack(
        "<I8i", source.elements, source.zero_point, output.zero_point, *clamp, *(m for m, _ in pairs), *(s for _, s in pairs)
    )
    # Element i is read before it is written; of wider outputs too.
    growth = np.dtype(output.dtype).itemsize - np.dtype(source.dtype).itemsize
    return Step(CODE, NAME, [source], [output], params, b"", 0, [max(0, growth * source.elements)], op.kind)
