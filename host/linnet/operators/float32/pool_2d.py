"""AVERAGE_POOL_2D and MAX_POOL_2D: float32 (batches, in_h, in_w, c) -> (batches, out_h, out_w, c)."""

import struct

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators import pool, window
from linnet.operators.float32.operands import clamp, expect_float32
from linnet.operators.operands import expect_operands
from linnet.overlap import window_overlap

CODE, NAME = 323, "POOL_2D_FLOAT32"
MODES = {"AVERAGE_POOL_2D": 0, "MAX_POOL_2D": 1}


def lower(op):
    expect_operands(op, 1)
    expect_float32(op, op.inputs[0], op.outputs[0])
    w = window.of(op)
    if w.in_c != w.out_c:
        raise LinnetError(f"{op}: {w.in_c} channels go in, {w.out_c} come out")
    if not pool.every_window_has_taps(w):
        raise LinnetError(f"{op}: some windows lie outside the input entirely")
    params = w.pack(op) + struct.pack("<2fI", *clamp(op), MODES[op.kind])
    return Step(CODE, NAME, op.inputs, op.outputs, params, b"", 0, [4 * window_overlap(w)], op.kind)
