"""SPACE_TO_BATCH_ND: every block_h-th row and block_w-th column is an image of its own, after padding."""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.operators import pad
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import (
    CODE,
    NAME,
    copy_step,
    elements,
    expect_same_dtype,
    integers,
)

__all__ = ["CODE", "NAME", "OPTIONS", "blocks", "lower"]

OPTIONS = None


def lower(op):
    source, output = op.inputs[0], op.outputs[0]
    block, paddings = blocks(op, "paddings")
    padding = [(0, 0), *paddings, (0, 0)]
    steps = []
    if any(map(any, padding)):
        shape = tuple(n + sum(pair) for n, pair in zip(source.shape, padding))
        padded = Tensor(f"{output.name} padded", shape, source.dtype, source.quant)
        amounts = Tensor("paddings", (len(padding), 2), "int32", data=np.array(padding, np.int32))
        steps.append(pad.lower(Operator("PAD", [source, amounts], [padded])))
        source = padded
    batches, *sizes, channels = source.shape
    if any(n % b for n, b in zip(sizes, block)):
        raise LinnetError(f"{op}: {sizes} after padding does not divide into blocks of {block}")
    base = elements(source)
    pairs = [n for size, b in zip(sizes, block) for n in (size // b, b)]
    axes = [*range(2, 2 + 2 * len(block), 2), 0, *range(1, 1 + 2 * len(block), 2), 1 + 2 * len(block)]
    view = base.reshape(batches, *pairs, channels).transpose(axes)
    shape = batches * int(np.prod(block)), *(n // b for n, b in zip(sizes, block)), channels
    return [*steps, copy_step(op, source, output, base, view, shape)]


def blocks(op, what):
    """(block sizes, [(before, after)] of the same dimensions) of SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND."""
    expect_operands(op, 3)
    source, output = op.inputs[0], op.outputs[0]
    expect_same_dtype(op, source, output)
    block, amounts = integers(op, 1, "its block shape"), integers(op, 2, f"its {what}")
    if len(source.shape) not in (3, 4) or len(block) != len(source.shape) - 2 or len(amounts) != 2 * len(block):
        raise LinnetError(f"{op}: has the block {block} and {what} {amounts} for {source.shape}; 3 or 4 dimensions are supported")
    if any(n < 1 for n in block) or any(n < 0 for n in amounts):
        raise LinnetError(f"{op}: has the block {block} and {what} {amounts}; blocks must be >= 1, {what} >= 0")
    return block, list(zip(amounts[::2], amounts[1::2]))
