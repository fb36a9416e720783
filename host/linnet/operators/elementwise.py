"""SUB, MUL, SQUARED_DIFFERENCE, MAXIMUM, MINIMUM, and ADD of unequal shapes: int8 (...) and int8 (...), broadcast, -> int8.

With a constant of one value, or the same tensor twice, they are a table of bytes.
"""

import struct

import numpy as np

from linnet.broadcast import broadcast
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.layouts.armv6m import scales
from linnet.layouts.sums import BYTES, fit_table
from linnet.operators import activation
from linnet.operators.lut import lut_step
from linnet.operators.operands import expect_int8, expect_operands, same_quant
from linnet.requant import quantize_multiplier, requant

CODE, NAME = 128, "ELEMENTWISE"
OPTIONS = None
MODES = {"ADD": 0, "SUB": 1, "MUL": 2, "SQUARED_DIFFERENCE": 3, "MAXIMUM": 4, "MINIMUM": 5}
SUM_BITS = 21  # of the kernel's formula for sums


def lower(op):
    expect_operands(op, 2)
    for role, tensor in (("input 0", op.inputs[0]), ("input 1", op.inputs[1]), ("output", op.outputs[0])):
        expect_int8(op, tensor, role)
    if op.kind in ("MAXIMUM", "MINIMUM") and not all(same_quant(t, op.outputs[0]) for t in op.inputs):
        raise LinnetError(f"{op}: its inputs and output are quantized differently, and it does not rescale; convert the model again")
    arithmetic = Arithmetic(op)
    return as_table(op, arithmetic.of) or walk_step(op, CODE, NAME, arithmetic.params(), arithmetic.formula())


def as_table(op, of):
    """The LUT Step of an operator that depends on one byte alone, or None. of: the operator as a function of two int64 arrays."""
    first, second = op.inputs
    if first is second:
        return lut_step(op, lambda q: of(q, q))
    for source, other in ((first, second), (second, first)):
        if other.data is not None and np.all(other.data == other.data.flat[0]) and source.elements == op.outputs[0].elements:
            value = other.data.flat[0].astype(np.int64)
            alone = type(op)(op.kind, [source], op.outputs, op.attrs, op.index)
            return lut_step(alone, lambda q: of(q, value) if source is first else of(value, q))
    return None


def walk_step(op, code, name, params, data=b""):
    """The Step of an operator on broadcast inputs: the walk's params, then its own."""
    output = op.outputs[0]
    walk, inputs = broadcast(op, op.inputs, output)
    size = np.dtype(output.dtype).itemsize
    in_step = [t.elements == output.elements and np.dtype(t.dtype).itemsize >= size for t in inputs]
    return Step(code, name, inputs, [output], walk + params, data, 0, [0 if same else None for same in in_step], op.kind)


class Arithmetic:
    """An operator's quantization: TFLite Micro's add_common.cc, sub_common.cc, mul_common.cc, squared_difference.cc."""

    def __init__(self, op):
        self.op, self.kind = op, op.kind
        self.zero_points = [tensor.zero_point for tensor in op.inputs]
        self.output = op.outputs[0]
        self.clamp = activation.clamp(op) if "fused_activation" in op.attrs else (-128, 127)
        self.factors = [quantize_multiplier(float(factor)) for factor in _factors(op)]
        if any(shift > 0 for _, shift in self.factors[: 3 if self.kind in ("ADD", "SUB") else 2]):
            raise LinnetError(f"{op}: the output's scale {self.output.scale} is too small beside those of the inputs")

    def of(self, a, b, clamp=None):
        """The outputs of bytes a and b, int64 arrays that broadcast. clamp: instead of the operator's."""
        if self.kind in ("MAXIMUM", "MINIMUM"):
            return np.maximum(a, b) if self.kind == "MAXIMUM" else np.minimum(a, b)
        y = requant(self.total(a, b), *self.factors[2])
        return np.clip(y + self.output.zero_point, *(clamp or self.clamp))

    def total(self, a, b):
        """The sums, differences or products of bytes a and b before they are brought to the output's scale."""
        x, y = a - self.zero_points[0], b - self.zero_points[1]
        if self.kind == "MUL":
            return x * y
        x, y = self.scaled(0, a), self.scaled(1, b)
        return (x + y) ** 2 if self.kind == "SQUARED_DIFFERENCE" else x + y

    def scaled(self, i, q):
        """Input i's bytes q, brought to the scale of both; input 1's of differences with the sign turned."""
        left = 7 if self.kind == "SQUARED_DIFFERENCE" else 20
        x = requant((q - self.zero_points[i]) << left, *self.factors[i])
        return -x if i == 1 and self.kind != "ADD" else x

    def params(self):
        mode = MODES[self.kind]
        return struct.pack("<5h2B2i", *self.zero_points, self.output.zero_point, *self.clamp, mode, 0, *self.factors[2])

    def formula(self):
        """The data: constants with which the kernel need not requantize, proved for every pair of bytes; where there are none, tables of
        what it is to sum, or nothing."""
        if self.kind in ("ADD", "SUB"):
            return self._plane() or self._tables()
        if self.kind == "MUL":
            return self._scale() or b""
        return self._tables() if self.kind == "SQUARED_DIFFERENCE" else b""

    def _plane(self):
        low, high = self.clamp
        real = [multiplier / (1 << 31) * 2.0**shift for multiplier, shift in self.factors]
        slopes = np.array([real[0], real[1] if self.kind == "ADD" else -real[1]]) * real[2] * (1 << 20)
        wanted = self.of(BYTES[:, None], BYTES[None, :], (-128, 127))
        found = fit_table(wanted, slopes, SUM_BITS, 1 << SUM_BITS, lambda factor: factor * BYTES, 1 << 31)
        if found:
            *factors, addend = found
            zero, nudge = -(1 << 31), 0
        else:
            factors = [round(slope * (1 << SUM_BITS)) for slope in slopes]
            is_negative = self.total(BYTES[:, None], BYTES[None, :]) < 0
            found = _with_ties(wanted, np.add.outer(*(factor * BYTES for factor in factors)), is_negative)
            if found is None:
                return None
            addend, zero, nudge = found
        addend, zero = addend - (low << SUM_BITS), zero - (low << SUM_BITS)
        ends = np.add.outer(*(factor * BYTES[[0, -1]] for factor in factors)) + addend
        if ends.min() - nudge < -(1 << 31) or ends.max() >= 1 << 31:
            return None
        limit = (high - low + 1 << SUM_BITS) - 1
        return np.array([*factors, addend, limit, max(zero, -(1 << 31)), nudge], np.int64).astype("<u4").tobytes()

    def _tables(self):
        bytes_in_order = np.roll(BYTES, 128)  # from 0 up, then those below
        return np.array([self.scaled(i, bytes_in_order) for i in range(2)]).astype("<i4").tobytes()

    def _scale(self):
        a, b = ([-128 - zero_point, 127 - zero_point] for zero_point in self.zero_points)
        products = [x * y for x in a for y in b]
        return scale_of(min(products), max(products), *self.factors[2], self.output.zero_point, *self.clamp)


def _with_ties(wanted, acc, is_negative):
    """(addend, zero, nudge) with which sums acc (256, 256) give the wanted bytes though many lie halfway between two: these are rounded
    away from zero, so that negative sums want another addend. None where none fit."""
    least = np.where(wanted > -128, (wanted << SUM_BITS) - acc, -(1 << 40))
    most = np.where(wanted < 127, ((wanted + 1) << SUM_BITS) - 1 - acc, 1 << 40)
    addends = []
    for side in (~is_negative, is_negative):
        low, high = (int(least[side].max()), int(most[side].min())) if side.any() else (0, 0)
        if low > high:
            return None
        addends.append((low + high) // 2)
    above, below = addends
    # Sums on which only one of the addends is right say where the other ends.
    zero = int(np.where((least > above) | (most < above), acc, -(1 << 40)).max()) + above + 1
    if above < below or np.any(((least > below) | (most < below)) & (acc + above < zero)):
        return None
    return above, zero, above - below


def scale_of(low, high, multiplier, shift, zero_point, act_min, act_max):
    """linnet_scale_t for sums within low ... high, or None where none is exact."""
    scale = scales.prove(low, high, multiplier, shift, zero_point, act_min, act_max)
    if scale is None:
        return None
    return struct.pack("<i6I", scale.origin, scale.range, scale.offset, scale.fine, scale.coarse, scale.zero, scale.nudge)


def _factors(op):
    """The real factors of input 0, input 1 and the output."""
    s0, s1 = (tensor.scale for tensor in op.inputs)  # float32, as is what TFLite computes in single precision
    output = op.outputs[0].scale
    if op.kind == "MUL":
        return 0, 0, float(s0) * float(s1) / float(output)
    if op.kind in ("MAXIMUM", "MINIMUM"):
        return 0, 0, 0
    if op.kind == "SUB":
        common = np.float32(2) * max(s0, s1)
        return s0 / common, s1 / common, common / (np.float32(1 << 20) * output)
    common = 2 * float(max(s0, s1))
    if op.kind == "ADD":
        return float(s0) / common, float(s1) / common, common / ((1 << 20) * float(output))
    return float(s0) / common, float(s1) / common, common * common / float(np.float32(1 << 14) * output)
