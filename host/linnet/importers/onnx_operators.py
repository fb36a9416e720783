"""What each ONNX operator becomes: a function per operator, or per family, listed in CONVERTERS.

A converter takes the reader (importers/onnx.py) and the node, emits TFLite operators and defines the node's outputs. Values have
ONNX's shapes and axes here; only inside a window operator are they channel last.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.importers.onnx import TO_FIRST, TO_LAST, constant
from linnet.importers.onnx_qdq import dequantize_linear, quantize_linear, weights_quant

FUSED = {"fused_activation": "NONE"}


def _plain(kind, **attrs):
    """One operator, operand for operand."""

    def convert(reader, node):
        inputs = [reader.tensor(name) for name in node.input]
        shape = reader.shape(node.output[0]) if node.output[0] in reader._shapes else np.broadcast_shapes(*(t.shape for t in inputs))
        reader.define(node, reader.emit(kind, inputs, shape, node.output[0], dtype=inputs[-1].dtype, **attrs))

    return convert


def _identity(reader, node):
    name = node.input[0]
    if name in reader.values:
        reader.define(node, reader.values[name])
    else:
        reader.constants[node.output[0]] = reader.constants[name]


# Windows ---------------------------------------------------------------------------------------------------------------


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


def _conv(reader, node):
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


def _conv_transpose(reader, node):
    weights = reader.constant(node, 1, what="weights").astype(np.float32)  # (in_c, out_c, h, w)
    attributes = reader.attributes(node)
    x = _last(reader, reader.tensor(node.input[0]))
    _, _, out_h, out_w = reader.shape(node.output[0])
    strides, pads = attributes.get("strides", [1, 1]), attributes.get("pads", [0] * 4)
    plain = attributes.get("group", 1) == 1 and set(attributes.get("dilations", [1])) == {1} and weights.ndim == 4
    if not plain:
        raise LinnetError(f"{reader.label(node)} has groups, dilation or other than 2 dimensions; only plain ones are supported")
    padding = _transposed_padding(x.shape[1:3], (out_h, out_w), weights.shape[2:], strides, pads)
    if padding is None:
        raise LinnetError(f"{reader.label(node)} has pads {list(pads)} that are neither SAME nor VALID; change its padding")
    shape = (x.shape[0], out_h, out_w, weights.shape[1])
    bias = reader.constant(node, 2, what="a bias")
    bias = np.zeros(shape[3]) if bias is None else bias
    inputs = [
        constant(np.array(shape, np.int32)),
        constant(np.ascontiguousarray(weights.transpose(1, 2, 3, 0)), node.input[1], weights_quant(reader, node, 1, 1)), x,
        constant(bias.astype(np.float32), node.output[0] + "/bias"),
    ]  # fmt: skip
    attrs = {"padding": padding, "stride_h": strides[0], "stride_w": strides[1], **FUSED}
    y = reader.emit("TRANSPOSE_CONV", inputs, shape, node.output[0] + "/last", "float32", **attrs)
    _first(reader, node, y, 4)


def _transposed_padding(size, out, kernel, strides, pads):
    """"SAME" or "VALID" where TFLite's geometry of a transposed convolution is this one, else None."""
    for padding in ("VALID", "SAME"):
        fits = True
        for n, o, k, stride, low in zip(size, out, kernel, strides, pads):
            back = -(-o // stride) if padding == "SAME" else (o - k) // stride + 1
            total = max((n - 1) * stride + k - o, 0) if padding == "SAME" else 0
            fits &= back == n and low == total // 2
        if fits:
            return padding
    return None


def _pool(kind):
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


def _global_pool(kind):
    """Over all spatial axes, kept."""

    def convert(reader, node):
        x = reader.tensor(node.input[0])
        axes = list(range(2, len(x.shape)))
        shape = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
        reader.define(node, reader.emit(kind, [x, constant(np.array(axes, np.int32))], shape, node.output[0], keep_dims=True))

    return convert


# Dense -----------------------------------------------------------------------------------------------------------------


def _gemm(reader, node):
    attributes = reader.attributes(node)
    x = reader.tensor(node.input[0])
    if attributes.get("transA"):
        x = reader.transpose(x, (1, 0))
    weights = reader.constant(node, 1, what="weights").astype(np.float32) * np.float32(attributes.get("alpha", 1.0))
    weights = weights if attributes.get("transB") else weights.T
    bias = reader.constant(node, 2, np.zeros(1), what="a bias") * attributes.get("beta", 1.0)
    bias = np.broadcast_to(bias.astype(np.float32).reshape(-1), len(weights)) if bias.size in (1, len(weights)) else None
    if bias is None:
        raise LinnetError(f"{reader.label(node)} adds a matrix; only a bias per output is supported")
    quant = weights_quant(reader, node, 1, 0 if attributes.get("transB") else 1) if attributes.get("alpha", 1.0) == 1 else None
    reader.define(node, _dense(reader, x, weights, bias, (x.shape[0], len(weights)), node.output[0], quant))


def _dense(reader, x, weights, bias, shape, name, quant):
    inputs = [x, constant(np.ascontiguousarray(weights), name + "/weights", quant), constant(np.ascontiguousarray(bias), name + "/bias")]
    return reader.emit("FULLY_CONNECTED", inputs, shape, name, "float32", keep_num_dims=len(shape) > 2, **FUSED)


def _matmul(reader, node):
    a, b = node.input
    shape = reader.shape(node.output[0])
    if b in reader.constants and reader.constants[b].ndim == 2:
        weights = reader.constants[b].astype(np.float32).T
        bias, quant = np.zeros(len(weights), np.float32), weights_quant(reader, node, 1, 1)
        reader.define(node, _dense(reader, reader.tensor(a), weights, bias, shape, node.output[0], quant))
        return
    inputs = [reader.tensor(a), reader.tensor(b)]
    if min(len(tensor.shape) for tensor in inputs) < 2:
        raise LinnetError(f"{reader.label(node)} multiplies vectors; make them matrices")
    reader.define(node, reader.emit("BATCH_MATMUL", inputs, shape, node.output[0], "float32", adj_x=False, adj_y=False, **FUSED))


def _batch_norm(reader, node):
    """y = x * a + b per channel; a layer before it takes both in (passes/fold_affine.py)."""
    x = reader.tensor(node.input[0])
    scale, bias, mean, variance = (reader.constant(node, i).astype(np.float64) for i in range(1, 5))
    factor = scale / np.sqrt(variance + reader.attributes(node).get("epsilon", 1e-5))
    _affine(reader, node, x, factor, bias - mean * factor)


def _affine(reader, node, x, factor, addend):
    shape = [1, -1] + [1] * (len(x.shape) - 2)
    name = node.output[0]
    scaled = reader.emit("MUL", [x, constant(factor.astype(np.float32).reshape(shape))], x.shape, name + "/scaled", **FUSED)
    reader.define(node, reader.emit("ADD", [scaled, constant(addend.astype(np.float32).reshape(shape))], x.shape, name, **FUSED))


# Activations -----------------------------------------------------------------------------------------------------------


def _clip(reader, node):
    low, high = (reader.constant(node, i, np.array(end), "a limit") for i, end in ((1, -np.inf), (2, np.inf)))
    kinds = {(0.0, np.inf): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1"}
    x = reader.tensor(node.input[0])
    kind = kinds.get((float(low), float(high)))
    if kind:
        reader.define(node, reader.emit(kind, [x], x.shape, node.output[0]))
        return
    for end, kind in ((low, "MAXIMUM"), (high, "MINIMUM")):
        if np.isfinite(end):
            x = reader.emit(kind, [x, constant(np.float32(end).reshape(()))], x.shape, f"{node.output[0]}/{kind.lower()}")
    reader.define(node, x)


def _with_alpha(kind, default):
    def convert(reader, node):
        x = reader.tensor(node.input[0])
        alpha = reader.attributes(node).get("alpha", default)
        reader.define(node, reader.emit(kind, [x], x.shape, node.output[0], alpha=float(alpha)))

    return convert


def _prelu(reader, node):
    x = reader.tensor(node.input[0])
    slope = reader.constant(node, 1, what="slopes").astype(np.float32)
    reader.define(node, reader.emit("PRELU", [x, constant(slope, node.input[1], reader.quants.get(node.input[1]))], x.shape, node.output[0]))


def _softmax(kind):
    def convert(reader, node):
        x = reader.tensor(node.input[0])
        rank = len(x.shape)
        axis = reader.attributes(node).get("axis", -1) % rank
        order = [i for i in range(rank) if i != axis] + [axis]
        turned = x if axis == rank - 1 else reader.transpose(x, order)
        attrs = {"beta": 1.0} if kind == "SOFTMAX" else {}
        y = reader.emit(kind, [turned], turned.shape, node.output[0] + ("" if turned is x else "/last"), **attrs)
        reader.define(node, y if turned is x else reader.transpose(y, np.argsort(order), node.output[0]))

    return convert


# Shapes ----------------------------------------------------------------------------------------------------------------


def _reshape(reader, node):
    """Reshape, Flatten, Squeeze, Unsqueeze: whatever the shape inference says."""
    reader.define(node, reader.reshape(reader.tensor(node.input[0]), reader.shape(node.output[0]), node.output[0]))


def _transpose(reader, node):
    x = reader.tensor(node.input[0])
    order = reader.attributes(node).get("perm", range(len(x.shape))[::-1])
    reader.define(node, reader.transpose(x, list(order), node.output[0]))


def _concat(reader, node):
    inputs = [reader.tensor(name) for name in node.input]
    shape = reader.shape(node.output[0])
    axis = reader.attributes(node)["axis"] % len(shape)
    reader.define(node, reader.emit("CONCATENATION", inputs, shape, node.output[0], axis=axis, **FUSED))


def _slice(reader, node):
    x = reader.tensor(node.input[0])
    starts, ends = (reader.constant(node, i, what="bounds") for i in (1, 2))
    axes = reader.constant(node, 3, np.arange(len(starts)))
    steps = reader.constant(node, 4, np.ones(len(starts), np.int64))
    begin, end, stride = [0] * len(x.shape), list(x.shape), [1] * len(x.shape)
    for axis, low, high, step in zip(axes, starts, ends, steps):
        axis = int(axis) % len(x.shape)
        begin[axis], end[axis], stride[axis] = slice(int(low), int(high), int(step)).indices(x.shape[axis])
    _strided(reader, node, x, begin, end, stride, 0)


def _strided(reader, node, x, begin, end, stride, index):
    shape = [len(range(*bounds)) for bounds in zip(begin, end, stride)]
    # TFLite counts a negative end from the back; one before the first element is a mask.
    masked = sum(1 << i for i, bound in enumerate(end) if bound < 0)
    operands = [constant(np.array(values, np.int32)) for values in (begin, end, stride)]
    attrs = {
        "begin_mask": 0, "end_mask": masked, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0, "offset": False,
    }  # fmt: skip
    reader.define(node, reader.emit("STRIDED_SLICE", [x, *operands], shape, node.output[index], **attrs), index)


def _split(reader, node):
    x = reader.tensor(node.input[0])
    axis = reader.attributes(node).get("axis", 0) % len(x.shape)
    at = 0
    for index, name in enumerate(node.output):
        begin, end = [0] * len(x.shape), list(x.shape)
        begin[axis], end[axis] = at, at + reader.shape(name)[axis]
        _strided(reader, node, x, begin, end, [1] * len(x.shape), index)
        at = end[axis]


def _pad(reader, node):
    x = reader.tensor(node.input[0])
    pads = reader.constant(node, 1, what="pads")
    axes = reader.constant(node, 3, np.arange(len(x.shape)))
    mode = reader.attributes(node).get("mode", "constant")
    amounts = np.zeros((len(x.shape), 2), np.int32)
    for i, axis in enumerate(axes):
        amounts[int(axis)] = pads[i], pads[i + len(axes)]
    value = float(reader.constant(node, 2, np.zeros(1)).reshape(-1)[0])
    if np.any(amounts < 0) or mode not in ("constant", "reflect"):
        raise LinnetError(f"{reader.label(node)} pads by {mode}, or by less than nothing; supported are constant and reflect")
    shape = [size + int(sum(pair)) for size, pair in zip(x.shape, amounts)]
    inputs, kind, attrs = [x, constant(amounts)], "PAD", {}
    if mode == "reflect":
        kind, attrs = "MIRROR_PAD", {"mode": "REFLECT"}
    elif value:
        kind, inputs = "PADV2", [*inputs, constant(np.float32(value).reshape(1))]
    reader.define(node, reader.emit(kind, inputs, shape, node.output[0], **attrs))


def _resize(reader, node):
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


def _reduce(kind):
    def convert(reader, node):
        x = reader.tensor(node.input[0])
        attributes = reader.attributes(node)
        axes = reader.constant(node, 1, attributes.get("axes"), "axes")
        axes = range(len(x.shape)) if axes is None else axes
        axes = sorted(int(axis) % len(x.shape) for axis in axes)
        keep = bool(attributes.get("keepdims", 1))
        shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes]
        reader.define(node, reader.emit(kind, [x, constant(np.array(axes, np.int32))], shape, node.output[0], keep_dims=keep))

    return convert


CONVERTERS = {
    **{name: _plain(name.upper(), **FUSED) for name in ("Add", "Sub", "Mul", "Div")},
    "Max": _plain("MAXIMUM"), "Min": _plain("MINIMUM"),
    **{name: _plain(name.upper()) for name in ("Relu", "Tanh", "Abs", "Neg", "Exp", "Log", "Sqrt", "Floor", "Ceil")},
    "Sigmoid": _plain("LOGISTIC"), "HardSwish": _plain("HARD_SWISH"), "Clip": _clip,
    "LeakyRelu": _with_alpha("LEAKY_RELU", 0.01), "Elu": _plain("ELU"), "PRelu": _prelu,
    "Softmax": _softmax("SOFTMAX"), "LogSoftmax": _softmax("LOG_SOFTMAX"),
    "Conv": _conv, "ConvTranspose": _conv_transpose, "Gemm": _gemm, "MatMul": _matmul, "BatchNormalization": _batch_norm,
    "MaxPool": _pool("MAX_POOL_2D"), "AveragePool": _pool("AVERAGE_POOL_2D"),
    "GlobalAveragePool": _global_pool("MEAN"), "GlobalMaxPool": _global_pool("REDUCE_MAX"),
    "ReduceMean": _reduce("MEAN"), "ReduceSum": _reduce("SUM"), "ReduceMax": _reduce("REDUCE_MAX"), "ReduceMin": _reduce("REDUCE_MIN"),
    "Reshape": _reshape, "Flatten": _reshape, "Squeeze": _reshape, "Unsqueeze": _reshape, "Transpose": _transpose,
    "Concat": _concat, "Slice": _slice, "Split": _split, "Pad": _pad, "Resize": _resize,
    "QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear,
    "Identity": _identity, "Dropout": _identity,
}  # fmt: skip
