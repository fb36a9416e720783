"""BATCH_TO_SPACE_ND: images become every block_h-th row and block_w-th column of one, which is then cropped."""

import numpy as np

from linnet.errors import LinnetError
from linnet.operators.indexed_copy import CODE, NAME, elements_strides, tables_step
from linnet.operators.space_to_batch_nd import blocks

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None


def lower(op):
    source, output = op.inputs[0], op.outputs[0]
    block, crops = blocks(op, "crops")
    images, *sizes, channels = source.shape
    shape = images // int(np.prod(block)), *(n * b - sum(crop) for n, b, crop in zip(sizes, block, crops)), channels
    if shape != output.shape or images % int(np.prod(block)):
        raise LinnetError(f"{op}: makes {shape} of {source.shape}, but its output is {output.shape}")
    image, *strides, _ = elements_strides(source)
    tables = [np.arange(shape[0]) * image]
    step = shape[0] * image  # from one place within a block to the next
    for n, b, (before, _), stride in reversed(list(zip(shape[1:], block, crops, strides))):
        at = np.arange(n) + before
        tables.insert(1, at // b * stride + at % b * step)
        step *= b
    return tables_step(op, source, output, tables, strides[-1])
