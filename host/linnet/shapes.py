"""The shapes that a file leaves open: what each operator makes of its inputs, once the model's own inputs are fixed."""

import math

import numpy as np

from linnet.errors import LinnetError
from linnet.operators import strided_slice, window

WINDOWED = {"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
REDUCING = {"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"}


def infer(op):
    """Gives an operator's outputs whose shapes are open (graph.Tensor) those that follow from its inputs.

    Raises LinnetError where a size depends on the data, or there is no rule for it.
    """
    for index, output in enumerate(op.outputs):
        if output.open_shape is None:
            continue
        try:
            shape = RULES.get(op.kind, _same)(op, index)
        except (ValueError, IndexError, TypeError, AttributeError, KeyError, LinnetError):
            shape = None
        if shape is None or not _fits(shape, output.open_shape):
            shape = output.shape
        if any(size < 1 for size in shape):
            what = f"{op} (operator {op.index}) makes the open shape {output.open_shape}"
            raise LinnetError(f"{what}; export the model with fixed shapes")
        output.shape, output.open_shape = tuple(int(size) for size in shape), None


def _fits(shape, open_shape):
    return len(shape) == len(open_shape) and all(fixed in (-1, size) for size, fixed in zip(shape, open_shape))


def _values(op, index):
    """A constant operand as a list; None where it is none."""
    data = op.inputs[index].data if index < len(op.inputs) else None
    return None if data is None else data.reshape(-1).tolist()


def _same(op, index):
    """Of everything element by element: the inputs' shapes, broadcast."""
    return np.broadcast_shapes(*(tensor.shape for tensor in op.inputs if tensor is not None))


def _like_first(op, index):
    return op.inputs[0].shape


def _reshape(op, index):
    shape = _values(op, 1)
    if shape is None:
        return None
    known = math.prod(size for size in shape if size != -1)
    return [op.inputs[0].elements // known if size == -1 else size for size in shape]


def _squeeze(op, index):
    shape = op.inputs[0].shape
    axes = {axis % len(shape) for axis in op.attrs.get("squeeze_dims") or [i for i, n in enumerate(shape) if n == 1]}
    return [n for i, n in enumerate(shape) if i not in axes]


def _expand_dims(op, index):
    shape = list(op.inputs[0].shape)
    (axis,) = _values(op, 1)
    shape.insert(axis % (len(shape) + 1), 1)
    return shape


def _window(op, index):
    source, attrs = op.inputs[0].shape, op.attrs
    kernel = window.kernel_size(op)
    dilations = attrs.get("dilation_h", 1), attrs.get("dilation_w", 1)
    strides = attrs["stride_h"], attrs["stride_w"]
    sizes = [window.geometry(*axis, attrs["padding"])[0] for axis in zip(source[1:3], kernel, strides, dilations)]
    channels = op.outputs[0].shape[3]
    return source[0], *sizes, source[3] if channels < 1 else channels


def _fully_connected(op, index):
    out_n, in_n = op.inputs[1].shape
    if op.attrs.get("keep_num_dims"):
        return *op.inputs[0].shape[:-1], out_n
    return op.inputs[0].elements // in_n, out_n


def _concatenation(op, index):
    shape = list(op.inputs[0].shape)
    axis = op.attrs["axis"] % len(shape)
    shape[axis] = sum(tensor.shape[axis] for tensor in op.inputs)
    return shape


def _pack(op, index):
    shape = list(op.inputs[0].shape)
    shape.insert(op.attrs["axis"] % (len(shape) + 1), len(op.inputs))
    return shape


def _unpack(op, index):
    shape = list(op.inputs[0].shape)
    del shape[op.attrs["axis"]]
    return shape


def _split(op, index):
    at, source = (0, op.inputs[1]) if op.kind == "SPLIT" else (2, op.inputs[0])
    shape = list(source.shape)
    (axis,) = _values(op, at)
    if op.kind == "SPLIT":
        shape[axis] //= len(op.outputs)
        return shape
    sizes = _values(op, 1)
    shape[axis] = sizes[index] if sizes[index] != -1 else shape[axis] - sum(size for size in sizes if size != -1)
    return shape


def _slice(op, index):
    begin, size = _values(op, 1), _values(op, 2)
    return [whole - start if n == -1 else n for whole, start, n in zip(op.inputs[0].shape, begin, size)]


def _strided_slice(op, index):
    shape = op.inputs[0].shape
    return np.broadcast_to(np.int8(0), shape)[strided_slice.index(op, shape)].shape


def _transpose(op, index):
    return [op.inputs[0].shape[axis] for axis in _values(op, 1)]


def _tile(op, index):
    return [n * times for n, times in zip(op.inputs[0].shape, _values(op, 1))]


def _broadcast_to(op, index):
    return _values(op, 0 if op.kind == "FILL" else 1)


def _pad(op, index):
    return (np.array(op.inputs[0].shape) + op.inputs[1].data.sum(axis=1)).tolist()


def _resize(op, index):
    return op.inputs[0].shape[0], *_values(op, 1), op.inputs[0].shape[3]


def _space_to_depth(op, index):
    batches, h, w, channels = op.inputs[0].shape
    block = op.attrs["block_size"]
    if op.kind == "DEPTH_TO_SPACE":
        return batches, h * block, w * block, channels // block**2
    return batches, h // block, w // block, channels * block**2


def _space_to_batch(op, index):
    block, amounts = _values(op, 1), op.inputs[2].data.reshape(-1, 2).sum(axis=1).tolist()
    batches, *sizes, channels = op.inputs[0].shape
    if op.kind == "SPACE_TO_BATCH_ND":
        return batches * math.prod(block), *((n + pad) // b for n, pad, b in zip(sizes, amounts, block)), channels
    return batches // math.prod(block), *(n * b - crop for n, crop, b in zip(sizes, amounts, block)), channels


def _gather(op, index):
    source, indices = (tensor.shape for tensor in op.inputs)
    axis, batch_dims = op.attrs["axis"] % len(source), op.attrs.get("batch_dims", 0) % (len(indices) + 1)
    return *source[:axis], *indices[batch_dims:], *source[axis + 1 :]


def _gather_nd(op, index):
    source, indices = (tensor.shape for tensor in op.inputs)
    return *indices[:-1], *source[indices[-1] :]


def _reduce(op, index):
    shape = op.inputs[0].shape
    axes = {axis % len(shape) for axis in _values(op, 1)}
    return [1 if i in axes else n for i, n in enumerate(shape) if op.attrs["keep_dims"] or i not in axes]


RULES = {
    **dict.fromkeys(WINDOWED, _window),
    **dict.fromkeys(REDUCING, _reduce),
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), _pad),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resize),
    **dict.fromkeys(("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"), _space_to_batch),
    **dict.fromkeys(("SPACE_TO_DEPTH", "DEPTH_TO_SPACE"), _space_to_depth),
    **dict.fromkeys(("SPLIT", "SPLIT_V"), _split),
    **dict.fromkeys(("BROADCAST_TO", "FILL"), _broadcast_to),
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX", "PRELU", "QUANTIZE", "DEQUANTIZE", "CAST", "CUMSUM", "REVERSE_V2"), _like_first),
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "FULLY_CONNECTED": _fully_connected,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "PACK": _pack,
    "RESHAPE": _reshape,
    "SLICE": _slice,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
