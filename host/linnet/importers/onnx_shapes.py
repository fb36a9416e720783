"""What moves, picks or reduces elements in ONNX models; axes as the file has them."""

import numpy as np

from linnet.errors import LinnetError
from linnet.importers.onnx import constant

FUSED = {"fused_activation": "NONE"}


def reshape(reader, node):
    """Reshape, Flatten, Squeeze, Unsqueeze: whatever the shape inference says."""
    reader.define(node, reader.reshape(reader.tensor(node.input[0]), reader.shape(node.output[0]), node.output[0]))


def transpose(reader, node):
    x = reader.tensor(node.input[0])
    order = reader.attributes(node).get("perm", range(len(x.shape))[::-1])
    reader.define(node, reader.transpose(x, list(order), node.output[0]))


def concat(reader, node):
    inputs = [reader.tensor(name) for name in node.input]
    shape = reader.shape(node.output[0])
    axis = reader.attributes(node)["axis"] % len(shape)
    reader.define(node, reader.emit("CONCATENATION", inputs, shape, node.output[0], axis=axis, **FUSED))


def slice_(reader, node):
    x = reader.tensor(node.input[0])
    starts, ends = (reader.constant(node, i, what="bounds") for i in (1, 2))
    axes = reader.constant(node, 3, np.arange(len(starts)))
    steps = reader.constant(node, 4, np.ones(len(starts), np.int64))
    begin, end, stride = [0] * len(x.shape), list(x.shape), [1] * len(x.shape)
    for axis, low, high, step in zip(axes, starts, ends, steps):
        axis = int(axis) % len(x.shape)
        begin[axis], end[axis], stride[axis] = slice(int(low), int(high), int(step)).indices(x.shape[axis])
    reader.define(node, reader.cut(x, begin, end, node.output[0], stride))


def split(reader, node):
    x = reader.tensor(node.input[0])
    axis = reader.attributes(node).get("axis", 0) % len(x.shape)
    at = 0
    for index, name in enumerate(node.output):
        begin, end = [0] * len(x.shape), list(x.shape)
        begin[axis], end[axis] = at, at + reader.shape(name)[axis]
        reader.define(node, reader.cut(x, begin, end, name), index)
        at = end[axis]


def pad(reader, node):
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


def reduce(kind):
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


def arg(kind):
    """ArgMax, ArgMin: int32 where ONNX has int64."""

    def convert(reader, node):
        x, attributes = reader.tensor(node.input[0]), reader.attributes(node)
        if attributes.get("select_last_index"):
            raise LinnetError(f"{reader.label(node)} takes the last of equals; supported is the first")
        axis = attributes.get("axis", 0) % len(x.shape)
        shape = [size for i, size in enumerate(x.shape) if i != axis]
        y = reader.emit(kind, [x, constant(np.array([axis], np.int32))], shape, node.output[0], "int32")
        kept = [1 if i == axis else size for i, size in enumerate(x.shape)]
        reader.define(node, reader.reshape(y, kept, node.output[0]) if attributes.get("keepdims", 1) else y)

    return convert


def gather(reader, node):
    """Constant indices: one is a slice, several in a row with one distance between them as well."""
    x = reader.tensor(node.input[0])
    axis = reader.attributes(node).get("axis", 0) % len(x.shape)
    indices = reader.constant(node, 1, what="indices") % x.shape[axis]
    flat, shape = indices.reshape(-1), reader.shape(node.output[0])
    step = int(flat[1] - flat[0]) if len(flat) > 1 else 1
    if step and np.all(np.diff(flat) == step):
        begin, end, stride = [0] * len(x.shape), list(x.shape), [1] * len(x.shape)
        begin[axis], end[axis], stride[axis] = int(flat[0]), max(int(flat[-1]) + np.sign(step), -1), step
        y = reader.cut(x, begin, end, node.output[0], stride)
        reader.define(node, y if y.shape == shape else reader.reshape(y, shape, node.output[0]))
        return
    attrs = {"axis": axis, "batch_dims": 0}
    reader.define(node, reader.emit("GATHER", [x, constant(indices.astype(np.int32))], shape, node.output[0], **attrs))


def expand(reader, node):
    x, shape = reader.tensor(node.input[0]), reader.shape(node.output[0])
    if x.shape == shape:
        reader.define(node, x)
        return
    reader.define(node, reader.emit("BROADCAST_TO", [x, constant(np.array(shape, np.int32))], shape, node.output[0]))


def tile(reader, node):
    x, repeats = reader.tensor(node.input[0]), reader.constant(node, 1, what="repeats")
    reader.define(node, reader.emit("TILE", [x, constant(repeats)], reader.shape(node.output[0]), node.output[0]))
