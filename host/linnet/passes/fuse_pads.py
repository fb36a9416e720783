"""A PAD before a VALID convolution becomes the convolution's own padding; before a VALID maximum pool too, where exact.

A causal Conv1D pads lines, then makes images of them: there the image is padded first.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.operators import pad, pool, window
from linnet.operators.operands import identical_quant

# Kinds of padding that more may be added to; explicit is what other passes made of a dilated convolution's.
PADDED = {"CONV_2D": ("VALID", "EXPLICIT"), "DEPTHWISE_CONV_2D": ("VALID", "EXPLICIT"), "MAX_POOL_2D": ("VALID",)}


def run(graph):
    for op in list(graph.operators):
        if op.kind not in PADDED or op.attrs["padding"] not in PADDED[op.kind]:
            continue
        _pad_image(graph, op)
        padding = graph.producer(op.inputs[0])
        if padding is not None and padding.kind == "PAD" and _is_private(graph, padding) and _is_spatial(padding):
            _fuse(padding, op)


def _pad_image(graph, op):
    """Where a PAD of (batches, n, c) is then shaped to an image of one row or column, shapes first."""
    shaping = graph.producer(op.inputs[0])
    padding = graph.producer(shaping.inputs[0]) if shaping is not None and shaping.kind in ("RESHAPE", "EXPAND_DIMS") else None
    if padding is None or padding.kind != "PAD" or not (_is_private(graph, padding) and _is_private(graph, shaping)):
        return
    source, image = padding.inputs[0], shaping.outputs[0]
    axis = next((axis for axis in (1, 2) if image.shape == _with_one(padding.outputs[0].shape, axis)), None)
    if len(source.shape) != 3 or axis is None or not _are_alike(source, image):
        return
    try:
        amounts = np.insert(pad.amounts(padding), axis, 0, axis=0).astype(np.int32)
    except LinnetError:
        return
    line = Tensor(f"{source.name} image", _with_one(source.shape, axis), source.dtype, source.quant)
    constant = Tensor(padding.inputs[1].name, amounts.shape, "int32", None, amounts)
    at = graph.operators.index(padding)
    shaped = Operator("RESHAPE", [source], [line], {}, shaping.index)
    graph.operators[at : at + 1] = [shaped, Operator("PAD", [line, constant], [image], {}, padding.index)]
    graph.operators.remove(shaping)


def _with_one(shape, axis):
    return (*shape[:axis], 1, *shape[axis:])


def _is_private(graph, padding):
    """Nobody but one operator sees what was padded."""
    output = padding.outputs[0]
    return len(graph.consumers(output)) == 1 and output not in graph.outputs


def _is_spatial(padding):
    """Pads height and width only, by nothing negative, and keeps scale and zero point: padding reads as the zero point, or as 0."""
    source, output = padding.inputs[0], padding.outputs[0]
    if len(source.shape) != 4 or not _are_alike(source, output):
        return False
    try:
        amounts = pad.amounts(padding)
    except LinnetError:
        return False  # lowering the PAD itself says what is wrong with it
    return bool((amounts >= 0).all()) and not amounts[[0, 3]].any()


def _are_alike(a, b):
    """Both are real numbers, or quantized to the bit alike."""
    is_real = a.dtype == b.dtype == "float32"
    return is_real or bool(a.quant and b.quant and identical_quant(a, b))


def _fuse(padding, op):
    before = op.inputs[0]
    amounts = pad.amounts(padding)
    op.inputs = [padding.inputs[0], *op.inputs[1:]]
    attrs = op.attrs
    pad_top, pad_left = attrs["pad_top"] + int(amounts[1, 0]), attrs["pad_left"] + int(amounts[2, 0])
    op.attrs = attrs | {"padding": "EXPLICIT", "pad_top": pad_top, "pad_left": pad_left}
    # A maximum pool ignores its padding: the same only where the zero point is the least value, and every window has taps.
    if op.kind == "MAX_POOL_2D" and not (before.zero_point == -128 and pool.every_window_has_taps(window.of(op))):
        op.inputs, op.attrs = [before], attrs
