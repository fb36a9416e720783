"""RESIZE_NEAREST_NEIGHBOR: each pixel is one of the input's. TFLite's reference/resize_nearest_neighbor.h, in its float32."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.indexed_copy import CODE, NAME, take_step
from linnet.operators.operands import expect_operands, expect_rank
from linnet.operators.strided_copy import integers

__all__ = ["CODE", "NAME", "OPTIONS", "check_sizes", "lower", "read"]

OPTIONS = "ResizeNearestNeighborOptions"


def read(options):
    return {"align_corners": bool(options.AlignCorners()), "half_pixel_centers": bool(options.HalfPixelCenters())}


def lower(op):
    check_sizes(op)
    source, output = op.inputs[0], op.outputs[0]
    modes = op.attrs["align_corners"], op.attrs["half_pixel_centers"]
    rows, columns = (_nearest(*sizes, *modes) for sizes in zip(source.shape[1:3], output.shape[1:3]))
    return take_step(op, source, output, [None, rows, columns, None])


def check_sizes(op):
    """LinnetError unless the operator resizes (b, h, w, c) to its output."""
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    expect_rank(op, source, 4, "input")
    shape = source.shape[0], *integers(op, 1, "its size"), source.shape[3]
    if output.shape != shape:
        raise LinnetError(f"{op}: resizes {source.shape} to {shape}, but its output is {output.shape}")


def _nearest(in_size, out_size, align_corners, half_pixel_centers):
    """(out_size,): which of in_size each takes."""
    if align_corners and out_size > 1:
        scale = np.float32(in_size - 1) / np.float32(out_size - 1)
    else:
        scale = np.float32(in_size) / np.float32(out_size)
    at = (np.arange(out_size, dtype=np.float32) + np.float32(0.5 if half_pixel_centers else 0)) * scale
    # Rounded half away from zero.
    index = np.floor(at.astype(np.float64) + 0.5) if align_corners else np.floor(at)
    return np.clip(index.astype(np.int64), 0, in_size - 1)
