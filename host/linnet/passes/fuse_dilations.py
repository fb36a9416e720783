"""SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: one dilated convolution, as TensorFlow takes them apart.

A RESHAPE before and after the convolution, which a Conv1D has, stays: it costs nothing.
"""

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.operators.operands import identical_quant
from linnet.operators.space_to_batch_nd import blocks

RESHAPES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")


def run(graph):
    for op in list(graph.operators):
        if op.kind == "BATCH_TO_SPACE_ND":
            _fuse(graph, op)


def _fuse(graph, after):
    conv = _behind_reshape(graph, after.inputs[0], private=True)
    before = _behind_reshape(graph, conv.inputs[0]) if conv is not None else None
    if before is None or before.kind != "SPACE_TO_BATCH_ND" or not _is_plain(conv):
        return
    geometry = _geometry(before, after, conv)
    if geometry is None or not _is_alike(before.inputs[0], conv.inputs[0]) or not _is_alike(conv.outputs[0], after.outputs[0]):
        return
    (dilation_h, dilation_w), (pad_top, pad_left) = geometry
    conv.attrs = conv.attrs | {
        "padding": "EXPLICIT", "pad_top": pad_top, "pad_left": pad_left, "dilation_h": dilation_h, "dilation_w": dilation_w,
    }  # fmt: skip
    source, output = before.inputs[0], after.outputs[0]
    at = graph.operators.index(conv)
    if len(source.shape) == 3:
        lines = conv.inputs[0].shape[1] != 1
        image = _reshaped(source, lines)
        made = _reshaped(output, lines)
        graph.operators.insert(at, Operator("RESHAPE", [source], [image], {}, before.index))
        graph.operators.insert(at + 2, Operator("RESHAPE", [made], [output], {}, after.index))
        source, output = image, made
    conv.inputs = [source, *conv.inputs[1:]]
    conv.outputs = [output]
    graph.operators.remove(after)


def _behind_reshape(graph, tensor, private=False):
    """What makes a tensor, seen through one RESHAPE; None if that is nothing or, where it must be private, is used elsewhere."""
    op = graph.producer(tensor)
    for _ in range(2):
        if op is None or (private and (len(graph.consumers(op.outputs[0])) != 1 or op.outputs[0] in graph.outputs)):
            return None
        if op.kind not in RESHAPES:
            return op
        op = graph.producer(op.inputs[0])
    return None


def _is_plain(conv):
    """A convolution without padding, steps or dilation of its own."""
    steps = ("stride_h", "stride_w", "dilation_h", "dilation_w")
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    return conv.kind in kinds and conv.attrs["padding"] == "VALID" and all(conv.attrs[step] == 1 for step in steps)


def _is_alike(a, b):
    return a.dtype == b.dtype and (a.quant is None or b.quant is None or identical_quant(a, b))


def _geometry(before, after, conv):
    """((dilation_h, dilation_w), (pad_top, pad_left)) of the one convolution, or None where there is none."""
    try:
        (block, pads), (block_after, crops) = blocks(before, "paddings"), blocks(after, "crops")
    except LinnetError:
        return None  # lowering says what is wrong
    if block != block_after or len(before.inputs[0].shape) != len(after.outputs[0].shape):
        return None
    starts = [pad[0] - crop[0] for pad, crop in zip(pads, crops)]
    if min(starts) < 0 or max(block) > 255:
        return None
    batches, height, width, _ = conv.inputs[0].shape
    if len(block) == 2:
        return (tuple(block), tuple(starts)) if conv.inputs[0].shape == before.outputs[0].shape else None
    if batches != before.outputs[0].shape[0] or 1 not in (height, width) or conv.outputs[0].shape[1 if height == 1 else 2] != 1:
        return None
    return ((1, block[0]), (0, starts[0])) if height == 1 else ((block[0], 1), (starts[0], 0))


def _reshaped(tensor, lines):
    """A tensor like (batches, length, channels) with a dimension of 1 after its length, if lines, or before it."""
    batches, length, channels = tensor.shape
    shape = (batches, length, 1, channels) if lines else (batches, 1, length, channels)
    return Tensor(f"{tensor.name} in 2D", shape, tensor.dtype, tensor.quant)
