"""MIRROR_PAD: what lies along each edge, mirrored outwards; REFLECT leaves the edge itself out, SYMMETRIC repeats it."""

import numpy as np
import tflite

from linnet.errors import LinnetError
from linnet.operators import pad
from linnet.operators.indexed_copy import CODE, NAME, take_step
from linnet.operators.operands import expect_operands

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "MirrorPadOptions"


def read(options):
    return {"mode": "REFLECT" if options.Mode() == tflite.MirrorPadMode.REFLECT else "SYMMETRIC"}


def lower(op):
    expect_operands(op, 2)
    source, output = op.inputs[0], op.outputs[0]
    amounts, mode = pad.amounts(op), op.attrs["mode"]
    most = np.array(source.shape) - (mode == "REFLECT")
    if np.any(amounts < 0) or np.any(amounts > most[:, None]):
        raise LinnetError(f"{op}: pads {source.shape} by {amounts.tolist()}, but there is not so much to mirror by {mode}")
    if tuple(np.array(source.shape) + amounts.sum(axis=1)) != output.shape:
        raise LinnetError(f"{op}: {source.shape} padded by {amounts.tolist()} is not {output.shape}")
    indices = [
        np.pad(np.arange(n), pair, mode=mode.lower()) if pair.any() else None for n, pair in zip(source.shape, amounts)
    ]
    return take_step(op, source, output, indices)
