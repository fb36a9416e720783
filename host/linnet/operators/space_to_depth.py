"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels become channels of one, or the other way round."""

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands, expect_rank
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "SpaceToDepthOptions"


def read(options):
    return {"block_size": options.BlockSize()}


def lower(op):
    expect_operands(op, 1)
    source, output = op.inputs[0], op.outputs[0]
    expect_rank(op, source, 4, "input")
    batches, h, w, channels = source.shape
    block = op.attrs["block_size"]
    base = elements(source)
    if op.kind == "SPACE_TO_DEPTH" and block > 0 and h % block == w % block == 0:
        view = base.reshape(batches, h // block, block, w // block, block, channels).transpose(0, 1, 3, 2, 4, 5)
        shape = batches, h // block, w // block, block * block * channels
    elif op.kind == "DEPTH_TO_SPACE" and block > 0 and channels % block**2 == 0:
        view = base.reshape(batches, h, w, block, block, channels // block**2).transpose(0, 1, 3, 2, 4, 5)
        shape = batches, h * block, w * block, channels // block**2
    else:
        raise LinnetError(f"{op}: {source.shape} does not divide into blocks of {block}")
    return copy_step(op, source, output, base, view, shape)
