"""AVERAGE_POOL_2D and MAX_POOL_2D: int16 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c)."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import window
from linnet.operators.int16.layer import clamp, expect_int16
from linnet.operators.operands import expect_operands, expect_same_quant
from linnet.operators.pool import every_window_has_taps
from linnet.overlap import window_overlap

CODES = {"AVERAGE_POOL_2D": 259, "MAX_POOL_2D": 260}
MAX_TAPS = (1 << 16) - 1


def lower(op):
    expect_operands(op, 1)
    expect_int16(op, op.inputs[0], "input")
    expect_int16(op, op.outputs[0], "output")
    expect_same_quant(op, "a pool")
    w = window.of(op)
    if w.in_c != w.out_c:
        raise LinnetError(f"{op}: {w.in_c} channels go in, {w.out_c} come out")
    if not every_window_has_taps(w):
        raise LinnetError(f"{op}: some windows lie outside the input entirely")
    if w.kernel > MAX_TAPS:
        raise LinnetError(f"{op}: a window of {w.kernel} taps is larger than {MAX_TAPS}")
    params = w.pack(op) + struct.pack("<2h", *clamp(op))
    overlap = 2 * window_overlap(w)
    return Step(CODES[op.kind], f"{op.kind}_INT16", op.inputs, op.outputs, params, b"", 0, [overlap], op.kind)
