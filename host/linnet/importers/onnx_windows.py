"""Convolutions, pools and resizing of ONNX models: what works on windows of an image, channel last, between two TRANSPOSEs."""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Quantization
from linnet.importers.onnx import TO_FIRST, TO_LAST, constant
from linnet.importers.onnx_qdq import weights_quant

FUSED = {"fused_activation": "NONE"}


def _last(reader, tensor):
    """An image (n, c, h, w) or a line (n, c, l) as (n, h, w, c)."""
    if len(tensor.shape) == 4:
        return reader.transpose(tensor, TO_LAST[4])
    line = reader.transpose(tensor, TO_LAST[3])
    return reader.reshape(line, (line.shape[0], 1, *line.shape[1:]), tensor.name + "/image")


def _first(reader, node, tensor, rank):
    """The inverse: (n, h, w, c) as the node's output."""
    if rank == 3:
        tensor = reader.reshape(tensor, (tensor.shape[0], *tensor.shape[2:]), tensor.name + "/line")
    reader.define(node, reader.transpose(tensor, TO_FIRST[rank], node.output[0]))


def _window(reader, node, x, kernel):
    """Attributes of the window as Graphs have them, and the output's (h, w). x: channel last, kernel: (h, w)."""
    attributes = reader.attributes(node)
    rank = len(reader.shape(node.input[0])) - 2

    def pair(key, default):
        values = list(attributes.get(key, [default] * rank))
        return values if rank == 2 else [default, values[0]]

    strides, dilations = pair("strides", 1), pair("dilations", 1)
    before, after = _pads(attributes, rank, x.shape[1:3], kernel, strides, dilations)
    sizes = []
    for size, k, stride, dilation, low, high in zip(x.shape[1:3], kernel, strides, dilations, before, after):
        room = size + low + high - (dilation * (k - 1) + 1)
        sizes.append((-(-room // stride) if attributes.get("ceil_mode") else room // stride) + 1)
        if attributes.get("ceil_mode") and (sizes[-1] - 1) * stride >= size + low:
            sizes[-1] -= 1  # no window may begin in the padding after
    window = {
        "padding": "EXPLICIT", "pad_top": before[0], "pad_left": before[1], "stride_h": strides[0], "stride_w": strides[1], **FUSED,
    }  # fmt: skip
    return window, dilations, sizes, (before, after)


def _pads(attributes, rank, size, kernel, strides, dilations):
    """Padding before and after (h, w)."""
    if attributes.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        before, after = [], []
        for n, k, stride, dilation in zip(size, kernel, strides, dilations):
            total = max((-(-n // stride) - 1) * stride + dilation * (k - 1) + 1 - n, 0)
            small, large = total // 2, total - total // 2
            lower = attributes["auto_pad"] == "SAME_LOWER"
            before.append(large if lower else small)
            after.append(small if lower else large)
        return before, after
    pads = list(attributes.get("pads", [0] * 2 * rank))
    return (pads[:2], pads[2:]) if rank == 2 else ([0, pads[0]], [0, pads[1]])


def conv(reader, node):
    weights = reader.constant(node, 1, what="weights").astype(np.float32)
    bias = reader.constant(node, 2, what="a bias")
    rank = weights.ndim
    if rank not in (3, 4):
        raise LinnetError(f"{reader.label(node)} convolves {rank - 2} dimensions, supported are 1 and 2")
    weights = weights[:, :, None] if rank == 3 else weights
    x = _last(reader, reader.tensor(node.input[0]))
    group = reader.attributes(node).get("group", 1)
    out_c, kernel = weights.shape[0], weights.shape[2:]
    window, dilations, sizes, _ = _window(reader, node, x, kernel)
    attrs = window | {"dilation_h": dilations[0], "dilation_w": dilations[1]}
    if group == x.shape[3] and weights.shape[1] == 1 and group > 1:
        kind, data = "DEPTHWISE_CONV_2D", weights.transpose(1, 2, 3, 0)
        attrs["depth_multiplier"] = out_c // group
    else:
        kind, data = "CONV_2D", weights.transpose(0, 2, 3, 1)
    bias = np.zeros(out_c) if bias is None else bias
    quant = weights_quant(reader, node, 1, 0)
    inputs = [x, constant(np.ascontiguousarray(data), node.input[1], quant), constant(bias.astype(np.float32), node.output[0] + "/bias")]
    y = reader.emit(kind, inputs, (x.shape[0], *sizes, out_c), node.output[0] + "/last", "float32", **attrs)
    _first(reader, node, y, rank)


def conv_transpose(reader, node):
    """TFLite's geometry where it is this one; else all of the output is made, and cut out of."""
    weights = reader.constant(node, 1, what="weights").astype(np.float32)  # (in_c, out_c of a group, h, w)
    attributes = reader.attributes(node)
    rank = weights.ndim
    if rank not in (3, 4):
        raise LinnetError(f"{reader.label(node)} convolves {rank - 2} dimensions, supported are 1 and 2")
    x = _last(reader, reader.tensor(node.input[0]))
    strides, dilations = ([1] * (4 - rank) + list(attributes.get(key, [1] * (rank - 2))) for key in ("strides", "dilations"))
    weights = _spread(weights[:, :, None] if rank == 3 else weights, dilations, attributes.get("group", 1))
    sizes = ([1] * (4 - rank) + list(reader.shape(node.output[0])[2:]))
    low = _cut_before(attributes, x.shape[1:3], sizes, weights.shape[2:], strides, rank)
    full = [(n - 1) * stride + k for n, stride, k in zip(x.shape[1:3], strides, weights.shape[2:])]
    if any(a < 0 or a + size > whole for a, size, whole in zip(low, sizes, full)):
        raise LinnetError(f"{reader.label(node)} pads its output beyond what its kernel reaches; make output_padding smaller")
    padding = _transposed_padding(x.shape[1:3], sizes, weights.shape[2:], strides, low)
    out_c = weights.shape[1]
    shape = (x.shape[0], *(sizes if padding else full), out_c)
    bias = reader.constant(node, 2, np.zeros(out_c), what="a bias")
    quant = weights_quant(reader, node, 1, 1)
    if quant is not None and len(quant.scale) not in (1, out_c):  # of one group
        quant = Quantization(*(np.tile(values, out_c // len(values)) for values in (quant.scale, quant.zero_point)))
    inputs = [
        constant(np.array(shape, np.int32)), constant(np.ascontiguousarray(weights.transpose(1, 2, 3, 0)), node.input[1], quant), x,
        constant(bias.astype(np.float32), node.output[0] + "/bias"),
    ]  # fmt: skip
    attrs = {"padding": padding or "VALID", "stride_h": strides[0], "stride_w": strides[1], **FUSED}
    y = reader.emit("TRANSPOSE_CONV", inputs, shape, node.output[0] + "/last", "float32", **attrs)
    if not padding:
        y = reader.cut(y, (0, *low, 0), (x.shape[0], *(a + size for a, size in zip(low, sizes)), out_c), node.output[0] + "/last")
    _first(reader, node, y, rank)


def _spread(weights, dilations, group):
    """Weights (in_c, out_c, h, w) of a plain transposed convolution: zeros where dilation and groups leave some out."""
    in_c, out_c, h, w = weights.shape
    spread = np.zeros((in_c, out_c, (h - 1) * dilations[0] + 1, (w - 1) * dilations[1] + 1), np.float32)
    spread[:, :, :: dilations[0], :: dilations[1]] = weights
    if group == 1:
        return spread
    whole = np.zeros((in_c, out_c * group, *spread.shape[2:]), np.float32)
    for g in range(group):
        rows = slice(g * in_c // group, (g + 1) * in_c // group)
        whole[rows, g * out_c : (g + 1) * out_c] = spread[rows]
    return whole


def _cut_before(attributes, size, out, kernel, strides, rank):
    """(h, w) of what is left out of the whole output before what is wanted."""
    if attributes.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER") or "output_shape" in attributes:
        totals = [(n - 1) * stride + k - o for n, stride, k, o in zip(size, strides, kernel, out)]
        upper = attributes.get("auto_pad") == "SAME_UPPER"
        return [total // 2 if upper else total - total // 2 for total in totals]
    return [0] * (4 - rank) + list(attributes.get("pads", [0] * 4)[: rank - 2])


def _transposed_padding(size, out, kernel, strides, pads):
    """"SAME" or "VALID" where TFLite's geometry of a transposed convolution is this one, else None."""
    for padding in ("VALID", "SAME"):
        fits = True
        for n, o, k, stride, low in zip(size, out, kernel, strides, pads):
            back = -(-o // stride) if padding == "SAME" else (o - k) // stride + 1
            total = max((n - 1) * stride + k - o, 0) if padding == "SAME" else 0
            whole = padding == "SAME" or o == (n - 1) * stride + k
            fits &= back == n and low == total // 2 and whole
        if fits:
            return padding
    return None


def pool(kind):
    def convert(reader, node):
        attributes = reader.attributes(node)
        x = _last(reader, reader.tensor(node.input[0]))
        rank = len(reader.shape(node.input[0]))
        kernel = attributes["kernel_shape"] if rank == 4 else [1, attributes["kernel_shape"][0]]
        window, dilations, sizes, (before, after) = _window(reader, node, x, kernel)
        if set(dilations) != {1}:
            raise LinnetError(f"{reader.label(node)} has dilations {dilations}; pools have none here")
        if kind == "AVERAGE_POOL_2D" and attributes.get("count_include_pad") and any(before + after):
            pads = np.array([[0, 0], *zip(before, after), [0, 0]], np.int32)
            shape = [n + sum(pair) for n, pair in zip(x.shape, pads)]
            x = reader.emit("PAD", [x, constant(pads)], shape, node.output[0] + "/padded")
            window |= {"pad_top": 0, "pad_left": 0}
        attrs = window | {"filter_height": kernel[0], "filter_width": kernel[1]}
        y = reader.emit(kind, [x], (x.shape[0], *sizes, x.shape[3]), node.output[0] + "/last", **attrs)
        _first(reader, node, y, rank)

    return convert


def global_pool(kind):
    """Over all spatial axes, kept."""

    def convert(reader, node):
        x = reader.tensor(node.input[0])
        axes = list(range(2, len(x.shape)))
        shape = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
        reader.define(node, reader.emit(kind, [x, constant(np.array(axes, np.int32))], shape, node.output[0], keep_dims=True))

    return convert


def resize(reader, node):
    attributes = reader.attributes(node)
    mode, coordinates = attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel")
    x = _last(reader, reader.tensor(node.input[0]))
    out = reader.shape(node.output[0])[2:]
    kinds = {"nearest": "RESIZE_NEAREST_NEIGHBOR", "linear": "RESIZE_BILINEAR"}
    flags = {"asymmetric": (False, False), "align_corners": (True, False), "half_pixel": (False, True), "pytorch_half_pixel": (False, True)}
    rounding = attributes.get("nearest_mode", "round_prefer_floor")
    whole = all(o % n == 0 for n, o in zip(x.shape[1:3], out))
    if mode == "nearest" and whole and (coordinates, rounding) in (("half_pixel", "round_prefer_floor"), ("asymmetric", "floor")):
        coordinates = "asymmetric"  # whole factors: every one of these repeats each pixel
    elif mode == "nearest" and (coordinates, rounding) not in (("asymmetric", "floor"),):
        raise LinnetError(f"{reader.label(node)} resizes by {coordinates}, {rounding}; use whole factors, or asymmetric with floor")
    if mode not in kinds or coordinates not in flags or len(out) != 2:
        raise LinnetError(f"{reader.label(node)} resizes by {mode}, {coordinates}; supported are nearest and linear in two dimensions")
    align, half = flags[coordinates]
    operands = [x, constant(np.array(out, np.int32))]
    shape = (x.shape[0], *out, x.shape[3])
    y = reader.emit(kinds[mode], operands, shape, node.output[0] + "/last", align_corners=align, half_pixel_centers=half)
    _first(reader, node, y, 4)


def depth_to_space(reader, node):
    """Blocks of channels become blocks of pixels; in CRD order, PyTorch's PixelShuffle, the channels change places before."""
    attributes = reader.attributes(node)
    x, block = _last(reader, reader.tensor(node.input[0])), attributes["blocksize"]
    n, h, w, c = x.shape
    if attributes.get("mode", "DCR") == "CRD":
        order = np.arange(c, dtype=np.int32).reshape(c // block**2, block**2).T.reshape(-1)
        x = reader.emit("GATHER", [x, constant(np.ascontiguousarray(order))], x.shape, node.output[0] + "/ordered", axis=3, batch_dims=0)
    y = reader.emit("DEPTH_TO_SPACE", [x], (n, h * block, w * block, c // block**2), node.output[0] + "/last", block_size=block)
    _first(reader, node, y, 4)


def space_to_depth(reader, node):
    x, block = _last(reader, reader.tensor(node.input[0])), reader.attributes(node)["blocksize"]
    n, h, w, c = x.shape
    y = reader.emit("SPACE_TO_DEPTH", [x], (n, h // block, w // block, c * block**2), node.output[0] + "/last", block_size=block)
    _first(reader, node, y, 4)
