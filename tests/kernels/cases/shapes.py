"""Cases of the operators that move data: their shapes, axes and dtypes."""

import numpy as np
import tflite
from tflite_builder import Options, Tensor, constant, single_op_model

DTYPES = ("int8", "int8", "int16", "int8", "float32", "int32")


def ints(*values):
    return constant(np.array(values, np.int32))


def data(d, shape, dtype="int8"):
    """An array (shape) of the case's fill."""
    if dtype == "int8":
        return d.int8(shape)
    if dtype == "float32":
        return d.rng.normal(0, 50, shape).astype(np.float32)
    limits = np.iinfo("uint8" if dtype == "bool" else dtype)
    values = d.rng.integers(limits.min, limits.max, shape, dtype=limits.dtype, endpoint=True)
    return values % 2 == 1 if dtype == "bool" else values


def tensors(d, dtype, *shapes):
    """Tensors of these shapes, quantized alike."""
    scale = d.scale() if dtype in ("int8", "uint8", "int16") else None
    zero_point = d.zero_point() if dtype in ("int8", "uint8") else 0
    return [Tensor(tuple(int(n) for n in shape), dtype, scale, zero_point) for shape in shapes]


def dtype_of(d, among=DTYPES):
    return among[d.index % len(among)]


def shape_of(d, low=1, high=4, most=6):
    """A drawn shape of `low` to `high` dimensions."""
    return tuple(d.integer(1, most) for _ in range(d.integer(low, high)))


def moved(d, operator, options, dtype, shape, out_shape, constants=()):
    """A model of one input and one output, quantized alike; without options it has those of the operator, at their defaults."""
    options = options or Options("".join(word.title() for word in operator.split("_")) + "Options", {})
    x, y = tensors(d, dtype, shape, out_shape)
    return single_op_model(operator, options, [x], [y], constants), [data(d, shape, dtype)]


def concatenation(d):
    dtype = dtype_of(d)
    shape = list(shape_of(d, 1, 4, 5))
    axis = d.integer(0, len(shape) - 1)
    shapes = [(*shape[:axis], d.integer(1, 12), *shape[axis + 1 :]) for _ in range(d.integer(1, 5))]
    out = (*shape[:axis], sum(s[axis] for s in shapes), *shape[axis + 1 :])
    *xs, y = tensors(d, dtype, *shapes, out)
    options = Options("ConcatenationOptions", {"Axis": axis - len(shape) if d.index % 2 else axis})
    inputs = [data(d, x.shape, dtype) for x in xs]
    if d.index % 6 == 5 and len(xs) > 1:  # the last one is constant
        last = xs.pop()
        return single_op_model("CONCATENATION", options, xs, [y], [(last, inputs.pop())]), inputs
    return single_op_model("CONCATENATION", options, xs, [y]), inputs


def pack(d):
    dtype = dtype_of(d)
    shape, n = shape_of(d, 0, 3), d.integer(1, 5)
    axis = d.integer(0, len(shape))
    *xs, y = tensors(d, dtype, *[shape] * n, (*shape[:axis], n, *shape[axis:]))
    options = Options("PackOptions", {"Axis": axis - len(shape) - 1 if d.index % 2 else axis, "ValuesCount": n})
    return single_op_model("PACK", options, xs, [y]), [data(d, shape, dtype) for _ in xs]


def unpack(d):
    dtype = dtype_of(d)
    shape = shape_of(d, 1, 4)
    axis = d.integer(0, len(shape) - 1)
    x, *ys = tensors(d, dtype, shape, *[(*shape[:axis], *shape[axis + 1 :])] * shape[axis])
    options = Options("UnpackOptions", {"Axis": axis - len(shape) if d.index % 2 else axis, "Num": shape[axis]})
    return single_op_model("UNPACK", options, [x], ys), [data(d, shape, dtype)]


def split(d):
    dtype, n = dtype_of(d), d.integer(1, 4)
    shape = list(shape_of(d))
    axis = d.integer(0, len(shape) - 1)
    x, *ys = tensors(d, dtype, (*shape[:axis], n * shape[axis], *shape[axis + 1 :]), *[shape] * n)
    at = constant(np.array(axis - len(shape) if d.index % 2 else axis, np.int32))
    model = single_op_model("SPLIT", Options("SplitOptions", {"NumSplits": n}), [x], ys, [at], order=[1, 0])
    return model, [data(d, x.shape, dtype)]


def split_v(d):
    dtype = dtype_of(d)
    shape, sizes = list(shape_of(d)), [d.integer(1, 6) for _ in range(d.integer(1, 4))]
    axis = d.integer(0, len(shape) - 1)
    around = shape[:axis], shape[axis + 1 :]
    x, *ys = tensors(d, dtype, (*around[0], sum(sizes), *around[1]), *((*around[0], n, *around[1]) for n in sizes))
    given = sizes if d.index % 3 else [*sizes[:-1], -1]
    operands = [ints(*given), constant(np.array(axis, np.int32))]
    model = single_op_model("SPLIT_V", Options("SplitVOptions", {"NumSplits": len(sizes)}), [x], ys, operands)
    return model, [data(d, x.shape, dtype)]


def slice(d):
    shape = shape_of(d, 1, 5)
    begin = [d.integer(0, n - 1) for n in shape]
    size = [d.integer(1, n - b) for n, b in zip(shape, begin)]
    given = [-1 if b + n == whole and d.index % 2 else n for b, n, whole in zip(begin, size, shape)]
    kind = np.int64 if d.index % 4 == 3 else np.int32
    return moved(d, "SLICE", None, dtype_of(d), shape, size, [constant(np.array(v, kind)) for v in (begin, given)])


def strided(d, shape, new_axes=False):
    """(operands, options, the index in NumPy's words) of a STRIDED_SLICE that leaves something of shape."""
    begin, end, strides, masks, index = [], [], [], dict.fromkeys(("begin", "end", "shrink", "new", "ellipsis"), 0), []
    for n in shape:
        if new_axes and d.integer(0, 3) == 0:
            masks["new"] |= 1 << len(begin)
            begin, end, strides = [*begin, 0], [*end, 0], [*strides, 1]
            index.append(None)
        at = len(begin)
        stride = d.choice(1, 1, 2, 3, -1, -2)
        low, high = sorted((d.integer(0, n - 1), d.integer(0, n - 1)))
        start, stop = (low, high + 1) if stride > 0 else (high, low - 1)
        if d.integer(0, 5) == 0:
            masks["shrink"] |= 1 << at
            stride, stop = 1, start + 1
        elif d.integer(0, 3) == 0:
            masks["begin"] |= 1 << at
        if stop < 0 or d.integer(0, 3) == 0:
            masks["end"] |= 1 << at
        shrunk = masks["shrink"] >> at & 1
        bounds = None if masks["begin"] >> at & 1 else start, None if masks["end"] >> at & 1 else stop
        index.append(start if shrunk else np.s_[bounds[0] : bounds[1] : stride])
        begin.append(start - n if d.integer(0, 2) == 0 else start)
        end.append(stop - n if 0 <= stop < n and d.integer(0, 2) == 0 and not shrunk else max(stop, 0))
        strides.append(stride)
    return [begin, end, strides], masks, index


def strided_slice_model(d, dtype, shape, operands, masks, index, offset=False):
    options = Options("StridedSliceOptions", {
        "BeginMask": masks["begin"], "EndMask": masks["end"], "EllipsisMask": masks["ellipsis"], "NewAxisMask": masks["new"],
        "ShrinkAxisMask": masks["shrink"], "Offset": offset})
    out = np.empty(shape, np.int8)[tuple(index)].shape
    return moved(d, "STRIDED_SLICE", options, dtype, shape, out, [ints(*values) for values in operands])


def strided_slice(d):
    shape = shape_of(d, 1, 4, 8)
    return strided_slice_model(d, dtype_of(d), shape, *strided(d, shape))


def strided_slice_axes(d):
    """With new axes, an ellipsis, or ends that count from the begin."""
    shape = shape_of(d, 1, 3, 8)
    if d.index % 3 == 2:
        begin = [d.integer(0, n - 1) for n in shape]
        size = [d.integer(1, n - b) for n, b in zip(shape, begin)]
        index = [np.s_[b : b + n] for b, n in zip(begin, size)]
        masks = dict.fromkeys(("begin", "end", "shrink", "new", "ellipsis"), 0)
        return strided_slice_model(d, "int8", shape, [begin, size, [1] * len(shape)], masks, index, offset=True)
    operands, masks, index = strided(d, shape, new_axes=True)
    if d.index % 3 == 1:  # the index, then all of some more dimensions
        masks["ellipsis"] |= 1 << len(index)
        operands = [[*values, 1] for values in operands]
        shape, index = (*shape, d.integer(1, 3)), [*index, Ellipsis]
    return strided_slice_model(d, dtype_of(d, ("int8", "float32")), shape, operands, masks, index)


def transpose(d):
    shape = shape_of(d, 1, 5) if d.index % 4 else (1, d.integer(1, 9), d.integer(1, 9), 8)
    order = d.rng.permutation(len(shape)).tolist()
    out = [shape[axis] for axis in order]
    return moved(d, "TRANSPOSE", None, dtype_of(d, ("int8", "int16", "int8", "float32")), shape, out, [ints(*order)])


def reverse_v2(d):
    shape = shape_of(d, 1, 4)
    first = d.integer(0, len(shape) - 1)
    axes = list(range(first, min(first + d.choice(1, 1, 2), len(shape))))  # TFLite Micro takes neighbours
    axes = [axis - len(shape) if d.index % 2 else axis for axis in axes]
    return moved(d, "REVERSE_V2", Options("ReverseV2Options", {}), dtype_of(d, ("int8", "int16", "int8", "float32")), shape, shape, [ints(*axes)])


def squeeze(d):
    shape = tuple(n for size in shape_of(d, 1, 2) for n in (size, 1))
    return moved(d, "SQUEEZE", None, dtype_of(d), shape, [n for n in shape if n > 1])


def expand_dims(d):
    shape = shape_of(d, 1, 3)
    axis = d.integer(-len(shape) - 1, len(shape))
    at = axis % (len(shape) + 1)
    operands = [constant(np.array(axis, np.int32))]
    out = (*shape[:at], 1, *shape[at:])
    return moved(d, "EXPAND_DIMS", None, dtype_of(d, ("int8", "float32")), shape, out, operands)


def space_to_depth(d):
    block = d.choice(1, 2, 2, 3)
    b, h, w, c = d.integer(1, 2), d.integer(1, 4), d.integer(1, 4), d.choice(1, 3, 4, 8)
    options = Options("SpaceToDepthOptions", {"BlockSize": block})
    wide, deep = (b, h * block, w * block, c), (b, h, w, c * block**2)
    return moved(d, "SPACE_TO_DEPTH", options, dtype_of(d, ("int8", "float32")), wide, deep)


def depth_to_space(d):
    block = d.choice(1, 2, 2, 3)
    b, h, w, c = d.integer(1, 2), d.integer(1, 4), d.integer(1, 4), d.choice(1, 3, 4, 8)
    options = Options("DepthToSpaceOptions", {"BlockSize": block})
    wide, deep = (b, h * block, w * block, c), (b, h, w, c * block**2)
    return moved(d, "DEPTH_TO_SPACE", options, dtype_of(d, ("int8", "float32")), deep, wide)


def tile(d):
    shape = shape_of(d, 1, 4, 5)
    times = [d.choice(1, 1, 2, 3) for _ in shape]
    out = [n * size for n, size in zip(times, shape)]
    return moved(d, "TILE", None, dtype_of(d, ("int8", "float32", "int32", "int16")), shape, out, [ints(*times)])


def broadcast_to(d):
    out = shape_of(d, 1, 5)
    shape = [1 if d.integer(0, 1) else n for n in out][d.integer(0, len(out) - 1) :]
    return moved(d, "BROADCAST_TO", None, dtype_of(d, ("int8", "float32", "int32")), shape, out, [ints(*out)])


def padv2(d):
    dtype = dtype_of(d)
    shape = shape_of(d, 1, 4)
    amounts = d.rng.integers(0, 4, (len(shape), 2)).astype(np.int32)
    x, y = tensors(d, dtype, shape, (amounts.sum(axis=1) + shape).tolist())
    value = Tensor((1,), dtype, y.scale, y.zero_point), data(d, (1,), dtype)
    return single_op_model("PADV2", Options("PadV2Options", {}), [x], [y], [constant(amounts), value]), [data(d, shape, dtype)]


def pad_of_other_dtypes(d):
    shape = shape_of(d, 1, 4)
    amounts = d.rng.integers(0, 4, (len(shape), 2)).astype(np.int32)
    out = (amounts.sum(axis=1) + shape).tolist()
    return moved(d, "PAD", None, dtype_of(d, ("int16", "float32", "int32")), shape, out, [constant(amounts)])


def mirror_pad(d):
    shape = shape_of(d, 1, 4)
    reflect = d.index % 2
    amounts = np.array([[d.integer(0, n - reflect), d.integer(0, n - reflect)] for n in shape], np.int32)
    options = Options("MirrorPadOptions", {"Mode": tflite.MirrorPadMode.REFLECT if reflect else tflite.MirrorPadMode.SYMMETRIC})
    out = (amounts.sum(axis=1) + shape).tolist()
    return moved(d, "MIRROR_PAD", options, dtype_of(d, ("int8", "int8", "float32")), shape, out, [constant(amounts)])


def resize(d, operator, options, dtype, modes):
    """modes: (align_corners, half_pixel_centers)"""
    b, h, w, c = d.choice(1, 1, 2), d.integer(1, 9), d.integer(1, 9), d.choice(1, 3, 4, 8)
    out = d.choice((2 * h, 2 * w), (2 * h, 2 * w), (d.integer(1, 17), d.integer(1, 17)), (1, 3 * w), (h, w))
    fields = {"AlignCorners": modes[0], "HalfPixelCenters": modes[1]}
    return moved(d, operator, Options(options, fields), dtype, (b, h, w, c), (b, *out, c), [ints(*out)])


def resize_bilinear(d):
    modes = ((False, False), (True, False), (False, True))[d.index % 3]
    return resize(d, "RESIZE_BILINEAR", "ResizeBilinearOptions", "int8", modes)


def resize_nearest_neighbor(d):
    modes = ((False, False), (True, False), (False, True), (True, True))[d.index % 4]
    dtype = dtype_of(d, ("int8", "int8", "int16", "int8", "float32"))
    return resize(d, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", dtype, modes)


def gather(d):
    dtype = dtype_of(d, ("int8", "int8", "float32"))
    shape = shape_of(d, 1, 4)
    axis = d.integer(0, len(shape) - 1)
    batch_dims = d.integer(0, axis) if d.index % 3 == 0 else 0
    picked = (*shape[:batch_dims], *shape_of(d, 0, 2, 3))
    indices = d.rng.integers(0, shape[axis], picked).astype(np.int32)
    if d.index % 6 == 5:  # regular ones
        picked, indices = (shape[axis],), np.arange(shape[axis], dtype=np.int32)[:: d.choice(1, -1)].copy()
    x, y = tensors(d, dtype, shape, (*shape[:axis], *picked[batch_dims:], *shape[axis + 1 :]))
    options = Options("GatherOptions", {"Axis": axis - len(shape) if d.index % 2 else axis, "BatchDims": batch_dims})
    if d.index % 4 < 2:
        return single_op_model("GATHER", options, [x, Tensor(picked, "int32")], [y]), [data(d, shape, dtype), indices]
    if d.index % 4 == 3:  # from a table
        table = x, data(d, shape, dtype)
        model = single_op_model("GATHER", options, [Tensor(picked, "int32")], [y], [table], order=[1, 0])
        return model, [indices]
    return single_op_model("GATHER", options, [x], [y], [constant(indices)]), [data(d, shape, dtype)]


def gather_nd(d):
    dtype = dtype_of(d, ("int8", "int8", "float32"))
    shape = shape_of(d, 1, 4)
    n = d.integer(1, len(shape))
    rows = shape_of(d, 1, 2, 4)
    indices = np.stack([d.rng.integers(0, size, rows) for size in shape[:n]], axis=-1).astype(np.int32)
    x, y = tensors(d, dtype, shape, (*rows, *shape[n:]))
    options = Options("GatherNdOptions", {})
    if d.index % 2:
        return single_op_model("GATHER_ND", options, [x, Tensor(indices.shape, "int32")], [y]), [data(d, shape, dtype), indices]
    return single_op_model("GATHER_ND", options, [x], [y], [constant(indices)]), [data(d, shape, dtype)]


def cast_model(d, source, result):
    shape = shape_of(d, 1, 4)
    types = {"BOOL": "bool"}
    code = {name: getattr(tflite.TensorType, {v: k for k, v in types.items()}.get(name, name.upper())) for name in (source, result)}
    options = Options("CastOptions", {"InDataType": code[source], "OutDataType": code[result]})
    x = data(d, shape, source)
    if source == "int64":
        x >>= 20
    return single_op_model("CAST", options, [Tensor(shape, source)], [Tensor(shape, result)]), [x]


def cast(d):
    sources, results = ("int8", "int16", "int32", "float32"), ("int8", "int16", "int32", "float32")
    return cast_model(d, sources[d.index % 4], results[d.index // 4 % 4])


def cast_of_other_dtypes(d):
    pairs = [("int8", "bool"), ("bool", "float32"), ("int32", "int64"), ("int64", "int32"), ("uint8", "int32"),
             ("uint8", "float32"), ("int32", "uint8"), ("float32", "bool"), ("bool", "int32"), ("int16", "int64"),
             ("int64", "bool")]
    return cast_model(d, *pairs[d.index % len(pairs)])


def space_to_batch_nd(d):
    one = d.index % 4 == 3  # one dimension, as of a Conv1D
    block = [d.choice(1, 2, 2, 3) for _ in range(1 if one else 2)]
    sizes, pads = [d.integer(1, 7) for _ in block], []
    for n, b in zip(sizes, block):
        before = d.integer(0, 2)
        pads.append((before, -(n + before) % b + b * d.integer(0, 1)))
    channels, batches = d.choice(1, 3, 4), d.choice(1, 1, 2)
    out = [(n + sum(pad)) // b for n, b, pad in zip(sizes, block, pads)]
    dtype = dtype_of(d, ("int8", "int8", "float32"))
    x, y = tensors(d, dtype, (batches, *sizes, channels), (batches * int(np.prod(block)), *out, channels))
    operands = [ints(*block), constant(np.array(pads, np.int32))]
    model = single_op_model("SPACE_TO_BATCH_ND", Options("SpaceToBatchNDOptions", {}), [x], [y], operands)
    return model, [data(d, x.shape, dtype)]


def batch_to_space_nd(d):
    one = d.index % 4 == 3
    block = [d.choice(1, 2, 2, 3) for _ in range(1 if one else 2)]
    sizes, crops, channels, batches = [d.integer(1, 5) for _ in block], [], d.choice(1, 3, 4), d.choice(1, 1, 2)
    for n, b in zip(sizes, block):
        before = d.integer(0, min(2, n * b - 1))
        crops.append((before, d.integer(0, n * b - 1 - before)))
    shape = (batches * int(np.prod(block)), *sizes, channels)
    out = (batches, *(n * b - sum(crop) for n, b, crop in zip(sizes, block, crops)), channels)
    operands = [ints(*block), constant(np.array(crops, np.int32))]
    options, dtype = Options("BatchToSpaceNDOptions", {}), dtype_of(d, ("int8", "int8", "float32"))
    return moved(d, "BATCH_TO_SPACE_ND", options, dtype, shape, out, operands)


def fill(d):
    shape = shape_of(d, 1, 4)
    dtype = dtype_of(d, ("int8", "float32", "int32"))
    x, y = tensors(d, dtype, (), shape)
    return single_op_model("FILL", Options("FillOptions", {}), [x], [y], [ints(*shape)], order=[1, 0]), [data(d, (), dtype)]


def moves_of_other_dtypes(d):
    """uint8, int64 and bool, which TFLite Micro does not move everywhere."""
    dtype, shape = dtype_of(d, ("uint8", "int64", "bool")), (2, 4, 6, 4)
    kind = d.index // 3 % 4
    if kind == 0:
        return moved(d, "TRANSPOSE", None, dtype, shape, (2, 6, 4, 4), [ints(0, 2, 1, 3)])
    if kind == 1:
        return moved(d, "SLICE", None, dtype, shape, (1, 2, 3, 4), [ints(1, 1, 2, 0), ints(1, 2, 3, 4)])
    if kind == 2:
        return moved(d, "GATHER", Options("GatherOptions", {"Axis": 1}), dtype, shape, (2, 3, 6, 4), [ints(3, 0, 0)])
    return moved(d, "TILE", None, dtype, (1, 3), (2, 9), [ints(2, 3)])


OPERATORS = (concatenation, pack, unpack, split, split_v, slice, strided_slice, strided_slice_axes, transpose, reverse_v2, squeeze, expand_dims,
             space_to_depth, depth_to_space, tile, broadcast_to, padv2, pad_of_other_dtypes, mirror_pad, resize_bilinear,
             resize_nearest_neighbor, gather, gather_nd, cast, cast_of_other_dtypes, space_to_batch_nd, batch_to_space_nd, fill,
             moves_of_other_dtypes)
