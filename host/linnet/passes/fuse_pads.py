"""A PAD before a VALID convolution becomes the convolution's own padding; before a VALID maximum pool too, where exact."""

from linnet.errors import LinnetError
from linnet.operators import pad, pool, window
from linnet.operators.operands import identical_quant


def run(graph):
    for op in graph.operators:
        if op.kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D") or op.attrs["padding"] != "VALID":
            continue
        padding = graph.producer(op.inputs[0])
        if padding is not None and padding.kind == "PAD" and _is_private(graph, padding) and _is_spatial(padding):
            _fuse(padding, op)


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
    pad_top, pad_left = int(amounts[1, 0]), int(amounts[2, 0])
    attrs = op.attrs
    op.attrs = attrs | {"padding": "EXPLICIT", "pad_top": pad_top, "pad_left": pad_left}
    # A maximum pool ignores its padding: the same only where the zero point is the least value, and every window has taps.
    if op.kind == "MAX_POOL_2D" and not (before.zero_point == -128 and pool.every_window_has_taps(window.of(op))):
        op.inputs, op.attrs = [before], attrs
