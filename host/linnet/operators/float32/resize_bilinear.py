"""RESIZE_BILINEAR: float32, between four pixels. TFLite's reference/resize_bilinear.h, ComputeInterpolationValues."""

import struct

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.operators.float32.operands import expect_float32
from linnet.operators.resize_nearest_neighbor import check_sizes

CODE, NAME = 332, "RESIZE_BILINEAR_FLOAT32"
MAX_SIZE = 0xFFFF
POSITION = np.dtype([("near", "<u4"), ("far", "<u4"), ("to_near", "<f4"), ("to_far", "<f4")])


def lower(op):
    check_sizes(op)
    source, output = op.inputs[0], op.outputs[0]
    expect_float32(op, source, output)
    if op.attrs["align_corners"] and op.attrs["half_pixel_centers"]:
        raise LinnetError(f"{op}: has align_corners and half_pixel_centers at once, which TFLite refuses too")
    if max(source.shape + output.shape) > MAX_SIZE:
        raise LinnetError(f"{op}: resizes {source.shape} to {output.shape}; sizes are at most {MAX_SIZE}")
    batches, in_h, in_w, channels = source.shape
    _, out_h, out_w, _ = output.shape
    modes = op.attrs["align_corners"], op.attrs["half_pixel_centers"]
    data = np.concatenate([_positions(in_h, out_h, *modes), _positions(in_w, out_w, *modes)]).tobytes()
    params = struct.pack("<6I", batches, in_h, in_w, out_h, out_w, channels)
    return Step(CODE, NAME, [source], [output], params, data, 0, [None], op.kind)


def _positions(in_size, out_size, align_corners, half_pixel_centers):
    """(out_size,) POSITION, in single precision all along."""
    one, half = np.float32(1), np.float32(0.5)
    scale = np.float32(in_size) / np.float32(out_size)
    if align_corners and out_size > 1:
        scale = np.float32(in_size - 1) / np.float32(out_size - 1)
    at = np.arange(out_size, dtype=np.float32)
    at = (at + half) * scale - half if half_pixel_centers else at * scale
    made = np.empty(out_size, POSITION)
    made["near"] = np.maximum(np.floor(at), 0)
    made["far"] = np.minimum(np.ceil(at), in_size - 1)
    made["to_far"] = at - made["near"].astype(np.float32)
    made["to_near"] = one - made["to_far"]
    return made
