"""Checks of float32 operands, and the clamp of a fused activation."""

import numpy as np

from linnet.errors import LinnetError

FLOAT_MAX = float(np.finfo(np.float32).max)
# TFLite's CalculateActivationRange: infinities are clamped even where nothing is fused.
RANGES = {"NONE": (-FLOAT_MAX, FLOAT_MAX), "RELU": (0.0, FLOAT_MAX), "RELU_N1_TO_1": (-1.0, 1.0), "RELU6": (0.0, 6.0)}


def expect_float32(op, *tensors):
    for tensor in tensors:
        if tensor.dtype != "float32":
            raise LinnetError(f'{op}: "{tensor.name}" is {tensor.dtype}, supported there is float32 alone; convert the model again')


def clamp(op):
    """The range (low, high) that the operator's fused activation leaves its output."""
    fused = op.attrs.get("fused_activation", "NONE")
    if fused not in RANGES:
        raise LinnetError(f"{op}: has the fused activation {fused}, supported are {', '.join(RANGES)}")
    return RANGES[fused]
