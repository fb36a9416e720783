"""RESIZE_BILINEAR: int8, between four pixels. TFLite's reference/resize_bilinear.h, ResizeBilinearInteger."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.operands import expect_int8
from linnet.operators.resize_nearest_neighbor import check_sizes, read
from linnet.overlap import steps_overlap

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

CODE, NAME = 67, "RESIZE_BILINEAR"
OPTIONS = "ResizeBilinearOptions"
ONE = 1 << 10


def lower(op):
    check_sizes(op)
    source, output = op.inputs[0], op.outputs[0]
    expect_int8(op, source, "input")
    expect_int8(op, output, "output")
    if op.attrs["align_corners"] and op.attrs["half_pixel_centers"]:
        raise LinnetError(f"{op}: has align_corners and half_pixel_centers at once, which TFLite refuses too")
    batches, in_h, in_w, channels = source.shape
    modes = op.attrs["align_corners"], op.attrs["half_pixel_centers"]
    rows = _positions(in_h, output.shape[1], *modes) * [in_w * channels, in_w * channels, 1]
    columns = _positions(in_w, output.shape[2], *modes) * [channels, channels, 1]
    params = struct.pack("<5I", batches, source.bytes // batches, *output.shape[1:])
    data = np.concatenate([rows, columns]).astype("<u4").tobytes()
    first = np.arange(batches)[:, None] * (source.bytes // batches) + (rows[:, :1] + columns[:, 0]).reshape(-1)
    needed = np.minimum.accumulate(first.reshape(-1)[::-1])[::-1]
    overlap = steps_overlap(np.arange(1, len(needed) + 1) * channels, needed, source.bytes)
    return Step(CODE, NAME, [source], [output], params, data, 0, [overlap], op.kind)


def _positions(in_size, out_size, align_corners, half_pixel_centers):
    """(out_size, 3): the pixel before, the one after, and the weight of that, 0 ... ONE - 1."""
    scale = (ONE * in_size + out_size // 2) // out_size
    if align_corners and out_size > 1:
        scale = (ONE * (in_size - 1) + (out_size - 1) // 2) // (out_size - 1)
    at = np.arange(out_size, dtype=np.int64) * scale
    if half_pixel_centers:
        at += scale // 2 - ONE // 2
    # Before the first pixel and past the last both neighbours are the same one: then no weight matters.
    at = np.clip(at, 0, ONE * (in_size - 1))
    near = at // ONE
    return np.stack([near, np.minimum(near + 1, in_size - 1), at % ONE], axis=1)
