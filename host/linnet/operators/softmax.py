"""SOFTMAX: int8 (rows, depth) -> int8, scale 1/256, zero point -128, or int16, 1/65536 and -32768. The exponentials become a table."""

import struct

import numpy as np

from linnet import requant
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_elements, expect_int8, expect_operands, expect_per_tensor

CODE, NAME = 9, "SOFTMAX"
OPTIONS = "SoftmaxOptions"
MAX_DEPTH = 8191
INTEGER_BITS = 5  # TFLite's kScaledDiffIntegerBits


def read(options):
    return {"beta": options.Beta()}


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    is_wide = output.dtype == "int16"
    if is_wide:
        expect_per_tensor(op, output, "output")
    else:
        expect_int8(op, output, "output")
    expect_elements(op, output, source.elements, "output")
    bits = 16 if is_wide else 8
    if output.zero_point != -(1 << (bits - 1)) or abs(float(output.scale) * (1 << bits) - 1) > 0.001:
        wanted = f"1/{1 << bits} and {-(1 << (bits - 1))}"
        raise LinnetError(f"{op}: output scale {output.scale}, zero point {output.zero_point}; TFLite's are {wanted}")
    depth = source.shape[-1] if source.shape else 1
    if depth > MAX_DEPTH:
        raise LinnetError(f"{op}: {depth} classes are more than {MAX_DEPTH}")
    data = exponentials(op, np.float64(np.float32(op.attrs["beta"])) * np.float64(source.scale)).astype("<i4").tobytes()
    params = struct.pack("<2I", source.elements // depth, depth)
    return Step(CODE, NAME, [source], [output], params, data, 0, [None if is_wide else 0], op.kind)


def exponentials(op, real_scale):
    """(256,) raw Q0.31: exp(-k * real_scale) for k = 0 ... 255, 0 beyond TFLite's diff_min. PreprocessSoftmaxScaling."""
    factor = min(real_scale * (1 << (31 - INTEGER_BITS)), (1 << 31) - 1.0)
    if not factor > 1:
        why = f"beta times the input's scale is {real_scale:.3g}, too small for TFLite's integer softmax"
        raise LinnetError(f"{op}: {why}; train the model, and calibrate it with real data")
    multiplier, shift = requant.quantize_multiplier(factor)
    k = np.arange(256)
    used = k <= requant.input_radius(INTEGER_BITS, shift)
    scaled = requant.requant(np.where(used, -k, 0), multiplier, shift)
    return np.where(used, requant.exp_on_negative_values(scaled, INTEGER_BITS), 0)
