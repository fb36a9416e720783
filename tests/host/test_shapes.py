"""What moves data: how it is lowered, what is refused in a sentence, what hostile params do, and the passes over it."""

import sys
from pathlib import Path

import cases.shapes as family
import flatbuffers
import numpy as np
import pytest
import record
from ai_edge_litert import schema_py_generated as schema
from graphs import activation, chain, constant, conv_2d, depthwise_conv_2d, quant
from linnet import blob as blobs
from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble, pack_model
from linnet.passes import (
    drop_constant_channels,
    drop_dead_operators,
    fold_constants,
    fuse_dilations,
    resolve_padding,
    run_all,
)
from linnet.shapes import infer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))
import make_blobs

NAMES = [operator.__name__ for operator in family.OPERATORS]
X = activation((1, 4, 6, 8))


def ints(*values):
    return constant(np.array(values, np.int32))


def amounts(*pairs):
    return constant(np.array(pairs, np.int32))


def move(kind, out_shape, *operands, source=X, dtype=None, **attrs):
    """An operator on `source` with constants after it, its output quantized as the input."""
    output = Tensor("moved", tuple(out_shape), dtype or source.dtype, source.quant)
    return Operator(kind, [source, *operands], [output], attrs)


def joined(sources, axis=-1, kind="CONCATENATION"):
    shape = list(sources[0].shape)
    shape[axis] = sum(source.shape[axis] for source in sources)
    return Operator(kind, sources, [Tensor("joined", tuple(shape), sources[0].dtype, sources[0].quant)], {"axis": axis})


def steps_of(op):
    return lower(Graph("test", [t for t in op.inputs if t.data is None], op.outputs, [op]))


def run(graph, *inputs):
    """The outputs of a graph for inputs, as the core has them."""
    found = Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict(list(inputs))
    return [y.reshape(tensor.shape) for y, tensor in zip(found, graph.outputs)]


def strided(begin, end, strides, out_shape, source=X, **masks):
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    attrs = dict.fromkeys(names, 0) | {"offset": False} | masks
    return move("STRIDED_SLICE", out_shape, ints(*begin), ints(*end), ints(*strides), source=source, **attrs)


# Lowering ------------------------------------------------------------------------------------------------------------


NOTHING_MOVES = [
    move("SQUEEZE", (4, 6, 8)),
    move("EXPAND_DIMS", (1, 4, 6, 8, 1), ints(-1)),
    move("TRANSPOSE", (1, 6, 1, 8), ints(3, 1, 0, 2), source=activation((1, 6, 8, 1))),
    move("SLICE", (1, 4, 6, 8), ints(0, 0, 0, 0), ints(-1, -1, -1, -1)),
    move("TILE", (1, 4, 6, 8), ints(1, 1, 1, 1)),
    strided((0, 0), (0, 9), (1, 1), (1, 4, 6, 8), begin_mask=3, end_mask=3),
]


@pytest.mark.parametrize("op", NOTHING_MOVES, ids=lambda op: op.kind)
def test_what_moves_nothing_is_a_reshape(op):
    (step,) = steps_of(op)
    assert (step.name, step.overlap) == ("RESHAPE", [-op.inputs[0].bytes])


def test_contiguous_bytes_move_at_once():
    (step,) = steps_of(move("SLICE", (1, 2, 6, 8), ints(0, 1, 0, 0), ints(1, 2, 6, 8)))
    params = fields.OPERATORS[step.code][1].unpack(step.params)
    assert (params["run"], params["offset"], params["n"]) == (96, 48, (1,) * 6)
    assert step.overlap == [-192]  # one move is exact wherever it goes


def test_an_operator_of_several_outputs_is_a_step_for_each():
    parts = [Tensor(f"part{i}", (1, 4, 6, 2), "int8", X.quant) for i in range(4)]
    steps = steps_of(Operator("SPLIT", [constant(np.array(-1, np.int32)), X], parts, {"num_splits": 4}))
    assert [step.outputs[0] for step in steps] == parts
    graph = Graph("test", [X], parts, [Operator("SPLIT_V", [X, ints(2, 2, 2, 2), ints(3)], parts, {"num_splits": 4})])
    x = np.arange(192, dtype=np.uint8).view(np.int8).reshape(X.shape)
    for got, want in zip(run(graph, x), np.split(x, 4, axis=-1)):
        np.testing.assert_array_equal(got, want)


def test_indices_beyond_the_input_are_taken_as_the_nearest():
    indices = Tensor("indices", (5,), "int32")
    op = Operator("GATHER", [X, indices], [Tensor("y", (1, 4, 5, 8), "int8", X.quant)], {"axis": 2, "batch_dims": 0})
    x = np.arange(192, dtype=np.uint8).view(np.int8).reshape(X.shape)
    (got,) = run(Graph("test", [X, indices], op.outputs, [op]), x, np.array([-1, 6, 2**31 - 1, -(2**31), 3], np.int32))
    np.testing.assert_array_equal(got, x[:, :, [0, 5, 5, 0, 3]])


def test_space_to_batch_pads_with_the_zero_point():
    source = activation((1, 3, 3, 2), 0.5, -9)
    op = move("SPACE_TO_BATCH_ND", (4, 2, 2, 2), ints(2, 2), amounts((0, 1), (1, 0)), source=source)
    x = np.arange(18, dtype=np.int8).reshape(source.shape)
    padded = np.pad(x, [(0, 0), (0, 1), (1, 0), (0, 0)], constant_values=-9)
    want = padded.reshape(2, 2, 2, 2, 2).transpose(1, 3, 0, 2, 4)
    np.testing.assert_array_equal(run(Graph("test", [source], op.outputs, [op]), x)[0], want.reshape(4, 2, 2, 2))


def test_channels_are_padded_where_the_input_lies():
    # 64 x 64 x 24 -> 28: the input at the end of the output, as one sum of BlazeFace has it.
    source = activation((1, 64, 64, 24))
    graph = chain(move("PAD", (1, 64, 64, 28), amounts(*[(0, 0)] * 3, (0, 4)), source=source))
    assert assemble(lower(graph), graph.inputs, graph.outputs).blob.arena_bytes == 64 * 64 * 28


def test_a_join_takes_no_more_than_its_output():
    sources = [activation((1, 8, 8, n), name=f"x{n}") for n in (16, 16)]
    op = joined(sources, axis=1)
    graph = Graph("test", sources, op.outputs, [op])
    assert assemble(lower(graph), graph.inputs, graph.outputs).blob.arena_bytes == 2 * 1024
    xs = [np.random.default_rng(i).integers(-128, 128, (1, 8, 8, 16)).astype(np.int8) for i in range(2)]
    np.testing.assert_array_equal(run(graph, *xs)[0], np.concatenate(xs, axis=1))


MISFITS = [
    (lambda: move("TRANSPOSE", (4, 1, 6, 8), ints(1, 0, 2, 2)), "is not an order of the 4 dimensions"),
    (lambda: move("TRANSPOSE", (4, 1, 6, 9), ints(1, 0, 2, 3)), r"makes \(4, 1, 6, 8\) of"),
    (lambda: move("TRANSPOSE", (4, 1, 6, 8), Tensor("order", (4,), "int32")), "its permutation must be constant"),
    (lambda: move("TRANSPOSE", (4, 1, 6, 8), ints(1, 0, 2, 3), dtype="int16"), "makes int16 of int8"),
    (lambda: move("SLICE", (1, 4, 6, 9), ints(0, 0, 0, 0), ints(1, 4, 6, 9)), "is not inside"),
    (lambda: move("SLICE", (1, 4), ints(0, 0), ints(1, 4)), "has 2 begins and 2 sizes for 4 dimensions"),
    (lambda: strided((9, 0), (1, 1), (1, 1), (4, 8), shrink_axis_mask=1), "do not fit"),
    (lambda: strided((0,), (1,), (0,), (1, 4, 6, 8)), "strides not 0"),
    (lambda: strided((0,) * 5, (1,) * 5, (1,) * 5, (1, 1)), "indexes 5 dimensions"),
    (lambda: move("TILE", (2, 4, 6, 8), ints(2, 1, 1)), "one number >= 1 a dimension"),
    (lambda: move("BROADCAST_TO", (1, 4, 6, 9), ints(1, 4, 6, 9)), "cannot be repeated"),
    (lambda: move("SPACE_TO_DEPTH", (1, 1, 2, 72), block_size=3), "does not divide into blocks of 3"),
    (lambda: move("DEPTH_TO_SPACE", (1, 12, 18, 1), block_size=3), "does not divide into blocks of 3"),
    (lambda: move("SPACE_TO_BATCH_ND", (9, 2, 2, 8), ints(3, 3), ints(0, 0, 0, 0)), "does not divide into blocks"),
    (lambda: move("BATCH_TO_SPACE_ND", (1, 8, 12, 2), ints(2, 2), ints(0, 0, 0, 0)), "but its output is"),
    (lambda: move("MIRROR_PAD", (1, 12, 6, 8), amounts((0, 0), (4, 4), (0, 0), (0, 0)), mode="REFLECT"), "not so much to mirror"),
    (lambda: move("RESIZE_NEAREST_NEIGHBOR", (1, 8, 12, 7), ints(8, 12), align_corners=False, half_pixel_centers=False), "resizes"),
    (lambda: move("RESIZE_BILINEAR", (1, 8, 12, 8), ints(8, 12), align_corners=True, half_pixel_centers=True), "at once"),
    (lambda: move("RESIZE_BILINEAR", (1, 8, 12, 8), ints(8, 12), source=activation(X.shape, dtype="uint8"),
                  align_corners=False, half_pixel_centers=False), "input is uint8"),
    (lambda: move("GATHER", (1, 4, 1, 8), ints(6), axis=2, batch_dims=0), "indices go from 6 to 6"),
    (lambda: move("GATHER", (1, 4, 1, 8), constant(np.zeros(1, np.int16)), axis=2, batch_dims=0), "indices are int16"),
    (lambda: move("GATHER", (1, 4, 1, 8), ints(0), axis=4, batch_dims=0), "its axis is 4"),
    (lambda: move("GATHER_ND", (8,), ints(0, 0, 0, 0, 0)), "has 5 indices a point"),
    (lambda: move("CAST", X.shape, source=Tensor("x", X.shape, "int64"), dtype="float32"), "casts int64 to float32"),
    (lambda: joined([X, activation(X.shape, 0.06)]), "input 1 .* are quantized differently"),
    (lambda: joined([X, activation((1, 4, 5, 8))], axis=3), "do not make"),
    (lambda: joined([X] * 300, axis=0), "has 300 inputs, supported are 254"),
    (lambda: move("PACK", (2, 4, 6, 8), axis=0), "1 inputs of"),
    (lambda: move("UNPACK", (4, 6, 8), axis=1), "makes 1 outputs"),
    (lambda: move("SPLIT_V", (1, 4, 6, 7), ints(7), ints(3)), "splits"),
    (lambda: move("PADV2", (2, 4, 6, 8), amounts((1, 0), *[(0, 0)] * 3), constant(np.zeros(2, np.int8), 0.05)), "one of the same"),
    (lambda: move("PAD", (1, 4, 6, 7), amounts(*[(0, 0)] * 3, (0, -1))), "padded by"),
    (lambda: move("SHAPE", (4,), source=X, dtype="int32"), "must be constant"),
]  # fmt: skip


@pytest.mark.parametrize("make, sentence", MISFITS)
def test_misfits_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(LinnetError, match=sentence):
        steps_of(make())


# Hostile blobs -------------------------------------------------------------------------------------------------------


KERNELS = {
    "STRIDED_COPY": ("slice", "transpose"), "INDEXED_COPY": ("mirror_pad", "resize_nearest_neighbor"),
    "CONCATENATION": ("concatenation",),
    "RESIZE_BILINEAR": ("resize_bilinear",), "GATHER": ("gather", "gather_nd"), "CAST": ("cast", "cast_of_other_dtypes"),
    "PAD": ("padv2", "pad_of_other_dtypes"),
}  # fmt: skip
VALUES = (0, 1, 2, 3, 4, 17, 255, -1, -4, 1 << 16, 1 << 24, (1 << 30) + 1, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1)


def packed_cases(kernel, tmp_path):
    """A Packed of every third recorded model that the kernel runs alone."""
    for name in KERNELS[kernel]:
        for number, (_, model, _) in enumerate(record.recorded(record.VECTORS / f"{name}.npz")):
            file = tmp_path / "model.tflite"
            file.write_bytes(model)
            graph = run_all(read_tflite(file))
            steps = lower(graph)
            if number % 3 == 0 and [step.name for step in steps] == [kernel]:
                yield assemble(steps, graph.inputs, graph.outputs)


def damaged(packed):
    """The blob with one value of the params or the data replaced, one after the other."""
    row = packed.blob.operators[0]
    layout = fields.OPERATORS[row.code][1]
    for field, old in layout.unpack(row.params).items():
        for at in range(len(old) if isinstance(old, tuple) else 1):
            for value in VALUES:
                new = tuple(value if i == at else o for i, o in enumerate(old)) if isinstance(old, tuple) else value
                blob = make_blobs.Damaged(packed)
                signed = any(name == field and code[-1] == "i" for name, code in layout.fields)
                if (-(1 << 31) <= value < 1 << 31) if signed else value >= 0:
                    blob.params(0, **{field: new})
                    yield blobs.with_crc(bytes(blob.data))
    for at in range(0, min(row.data_bytes, 32), 4):
        for value in VALUES:
            blob = make_blobs.Damaged(packed)
            blob.constant(0, at, "I", value % (1 << 32))
            yield blobs.with_crc(bytes(blob.data))


@pytest.mark.parametrize("kernel", KERNELS)
def test_hostile_params_are_refused_or_harmless(kernel, tmp_path):
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused, statuses = 0, set()
    for packed in packed_cases(kernel, tmp_path):
        for data in damaged(packed):
            try:
                opened = Model(data)
            except LinnetError as error:
                refused += 1
                statuses |= {status for status in ("PARAMS", "OPERANDS", "DATA") if status in str(error)}
                continue
            rows = [opened.blob.tensors[i] for i in opened.blob.inputs]
            opened.predict([np.full(row.bytes, 0xFE, np.uint8).view(row.dtype).reshape(row.shape) for row in rows])
    assert refused > 40 and statuses


# Passes --------------------------------------------------------------------------------------------------------------


def test_shapes_worked_out_in_the_graph_are_constants():
    # As Keras asks for the batch: SHAPE, STRIDED_SLICE, PACK, RESHAPE.
    shape, batch = Tensor("shape", (4,), "int32"), Tensor("batch", (), "int32")
    new, flat = Tensor("new", (2,), "int32"), Tensor("flat", (1, 192), "int8", X.quant)
    operators = [
        Operator("SHAPE", [X], [shape]),
        strided((0,), (1,), (1,), (), source=shape, shrink_axis_mask=1),
        Operator("PACK", [batch, ints(192)], [new], {"axis": 0}),
        Operator("RESHAPE", [X, new], [flat]),
    ]
    operators[1].outputs = [batch]
    operators[2].inputs[1] = constant(np.array(192, np.int32))
    graph = run_all(Graph("keras", [X], [flat], operators))
    assert [op.kind for op in graph.operators] == ["RESHAPE"]
    assert new.data.tolist() == [1, 192] and batch.data.shape == ()


def test_range_and_fill_are_constants():
    steps = Tensor("steps", (3,), "int32"), Tensor("filled", (2, 2), "int32")
    scalars = [constant(np.array(n, np.int32)) for n in (1, 7, 2)]
    operators = [Operator("RANGE", scalars, [steps[0]]), Operator("FILL", [ints(2, 2), scalars[1]], [steps[1]])]
    graph = Graph("test", [X], [X], operators)
    fold_constants.run(graph)
    assert not graph.operators
    assert steps[0].data.tolist() == [1, 3, 5] and steps[1].data.tolist() == [[7, 7], [7, 7]]


def test_a_constant_output_is_copied_there():
    op = move("TRANSPOSE", (3, 2), ints(1, 0), source=constant(np.arange(6, dtype=np.int8).reshape(2, 3), 0.5))
    graph = Graph("test", [X], op.outputs, [op])
    fold_constants.run(graph)
    assert [op.kind for op in graph.operators] == ["RESHAPE"]
    np.testing.assert_array_equal(run(graph, np.zeros(X.shape, np.int8))[0], [[0, 3], [1, 4], [2, 5]])


def test_a_large_constant_is_made_on_the_device():
    op = move("TILE", (100, 300), ints(100, 100), source=constant(np.arange(3, dtype=np.int8).reshape(1, 3), 0.5))
    graph = Graph("test", [X], op.outputs, [op])
    fold_constants.run(graph)
    assert [op.kind for op in graph.operators] == ["TILE"]


def dilated(kind, block, pads, crops, lines=None, seed=0):
    """SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND; lines: of one dimension, along the height or the width."""
    rng = np.random.default_rng(seed)
    source = activation((2, *rng.integers(6, 12, 2 if lines is None else 1), 3), 0.05, 5)
    sizes = [-(-(n + sum(pad)) // b) for n, b, pad in zip(source.shape[1:], block, pads)]
    pads = [(before, b * n - size - before) for (before, _), b, n, size in zip(pads, block, sizes, source.shape[1:])]
    batches = 2 * int(np.prod(block))
    split = move("SPACE_TO_BATCH_ND", (batches, *sizes, 3), ints(*block), amounts(*pads), source=source)
    image, operators = split.outputs[0], [split]
    kernel = (3, 2) if lines is None else (3, 1) if lines == "h" else (1, 3)
    if lines is not None:
        shape = (batches, sizes[0], 1, 3) if lines == "h" else (batches, 1, sizes[0], 3)
        operators.append(move("EXPAND_DIMS", shape, ints(1), source=image))
        image = operators[-1].outputs[0]
    h, w = image.shape[1] - kernel[0] + 1, image.shape[2] - kernel[1] + 1
    make = conv_2d if kind == "CONV_2D" else depthwise_conv_2d
    conv = make(image, (batches, h, w, 4 if kind == "CONV_2D" else 3), kernel, seed)
    made = conv.outputs[0]
    operators.append(conv)
    if lines is not None:
        operators.append(move("SQUEEZE", [n for i, n in enumerate(made.shape) if i != (2 if lines == "h" else 1)], source=made))
        made = operators[-1].outputs[0]
    out = [n * b - sum(crop) for n, b, crop in zip(made.shape[1:], block, crops)]
    operators.append(move("BATCH_TO_SPACE_ND", (2, *out, made.shape[-1]), ints(*block), amounts(*crops), source=made))
    return Graph("dilated", [source], operators[-1].outputs, operators)


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("block, pads, crops, lines", [
    ((2, 2), ((2, 2), (1, 1)), ((0, 0), (0, 0)), None),
    ((2, 3), ((2, 0), (3, 0)), ((1, 0), (0, 2)), None),
    ((1, 2), ((0, 0), (0, 0)), ((0, 0), (0, 1)), None),
    ((2,), ((4, 0),), ((0, 0),), "w"),
    ((3,), ((2, 2),), ((0, 1),), "h"),
])
def test_a_convolution_on_blocks_is_a_dilated_one(kind, block, pads, crops, lines):
    plain, fused = dilated(kind, block, pads, crops, lines), dilated(kind, block, pads, crops, lines)
    resolve_padding.run(plain)
    fuse_dilations.run(fused)
    drop_dead_operators.run(fused)
    resolve_padding.run(fused)
    assert {op.kind for op in fused.operators} <= {kind, "RESHAPE"}
    x = np.random.default_rng(1).integers(-128, 128, plain.inputs[0].shape).astype(np.int8)
    np.testing.assert_array_equal(run(fused, x)[0], run(plain, x)[0])


def test_blocks_that_are_cropped_more_than_padded_stay():
    graph = dilated("CONV_2D", (2, 2), ((0, 0), (0, 0)), ((1, 0), (0, 0)))
    fuse_dilations.run(graph)
    assert [op.kind for op in graph.operators] == ["SPACE_TO_BATCH_ND", "CONV_2D", "BATCH_TO_SPACE_ND"]


def joining(seed):
    """Two convolutions and a constant side by side, resized, and a convolution over all; some channels are constant."""
    rng = np.random.default_rng(seed)
    x = activation((1, 5, 6, 3))
    branches = [conv_2d(x, (1, 5, 6, int(n)), (1, 1), seed=seed + i, out_quant=(0.1, -128), fused_activation="RELU")
                for i, n in enumerate(rng.integers(2, 6, 2))]
    for branch in branches:
        weights, bias = branch.inputs[1], branch.inputs[2]
        dead = rng.random(len(weights.data)) < (1.0 if seed % 5 == 4 else 0.5)
        weights.data[dead] = 0
        bias.data[dead] = -500
    fixed = Tensor("fixed", (1, 5, 6, 2), "int8", quant(0.1, -128), np.full((1, 5, 6, 2), -128, np.int8))
    join = joined([branches[0].outputs[0], fixed, branches[1].outputs[0], branches[0].outputs[0]])
    wide = move("RESIZE_NEAREST_NEIGHBOR", (1, 10, 12, join.outputs[0].shape[3]), ints(10, 12), source=join.outputs[0],
                align_corners=False, half_pixel_centers=False)
    last = conv_2d(wide.outputs[0], (1, 8, 10, 4), (3, 3), seed=seed + 7)
    graph = chain(*branches, join, wide, last)
    resolve_padding.run(graph)
    return graph


def test_constant_channels_go_through_joins():
    dropped = 0
    for seed in range(20):
        x = np.random.default_rng(seed).integers(-128, 128, (1, 5, 6, 3)).astype(np.int8)
        graph, whole = joining(seed), joining(seed)
        drop_constant_channels.run(graph)
        np.testing.assert_array_equal(run(graph, x)[0], run(whole, x)[0])
        dropped += graph.operators[2].outputs[0].shape[3] < whole.operators[2].outputs[0].shape[3]
    assert dropped > 10


# Open shapes ---------------------------------------------------------------------------------------------------------


def opened(op, *open_shapes):
    """The operator, its outputs' shapes as a file has them that leaves sizes open."""
    for output, open_shape in zip(op.outputs, open_shapes):
        output.open_shape = open_shape
        output.shape = (max(1, open_shape[0]), *open_shape[1:])
    return op


def test_open_shapes_follow_from_the_inputs():
    # As Keras 3 repeats rows: EXPAND_DIMS, TILE, and a RESHAPE to a shape that it works out.
    wide = opened(move("EXPAND_DIMS", (1, 4, 1, 6, 8), ints(2)), (-1, 4, 1, 6, 8))
    tiled = opened(move("TILE", (1, 4, 2, 6, 8), ints(1, 1, 2, 1, 1), source=wide.outputs[0]), (-1, 4, 2, 6, 8))
    shape = Operator("SHAPE", [X], [Tensor("shape", (4,), "int32")])
    batch = strided((0,), (1,), (1,), (1,), source=shape.outputs[0])
    new = joined([batch.outputs[0], ints(-1, 6, 8)])
    rows = opened(Operator("RESHAPE", [tiled.outputs[0], new.outputs[0]], [Tensor("rows", (), "int8", X.quant)]), (-1, -1, 6, 8))
    graph = Graph("keras", [X], rows.outputs, [wide, tiled, shape, batch, new, rows])
    fold_constants.run(graph)
    assert rows.outputs[0].shape == (1, 8, 6, 8) and rows.outputs[0].open_shape is None
    x = np.arange(192, dtype=np.uint8).view(np.int8).reshape(X.shape)
    np.testing.assert_array_equal(run(graph, x)[0], x.repeat(2, axis=1))


OPEN = [
    (move("SPACE_TO_BATCH_ND", (), ints(2, 3), ints(0, 0, 0, 0)), (-1, 2, 2, 8), (6, 2, 2, 8)),
    (move("BATCH_TO_SPACE_ND", (), ints(2, 2), ints(0, 1, 0, 0), source=activation((8, 3, 4, 2))), (-1, -1, -1, 2), (2, 5, 8, 2)),
    (move("STRIDED_SLICE", (), ints(0, 1), ints(0, 3), ints(1, 1), begin_mask=1, end_mask=1, ellipsis_mask=0, new_axis_mask=0,
          shrink_axis_mask=0), (-1, -1, -1, 8), (1, 2, 6, 8)),
    (move("SLICE", (), ints(0, 1, 0, 0), ints(-1, 2, -1, 3)), (-1, -1, -1, -1), (1, 2, 6, 3)),
    (move("TRANSPOSE", (), ints(0, 2, 1, 3)), (-1, -1, 4, 8), (1, 6, 4, 8)),
    (move("PAD", (), amounts((0, 0), (1, 2), (0, 0), (0, 0))), (-1, -1, 6, 8), (1, 7, 6, 8)),
    (move("GATHER", (), ints(3, 1), axis=2, batch_dims=0), (-1, 4, -1, 8), (1, 4, 2, 8)),
    (move("GATHER_ND", (), ints(0, 1)), (-1, -1), (6, 8)),
    (move("MEAN", (), ints(1, -2), keep_dims=False), (-1, -1), (1, 8)),
    (move("RESIZE_BILINEAR", (), ints(9, 7)), (-1, -1, -1, 8), (1, 9, 7, 8)),
    (move("DEPTH_TO_SPACE", (), block_size=2), (-1, -1, -1, 2), (1, 8, 12, 2)),
    (move("SQUEEZE", (), squeeze_dims=[0]), (-1, -1, 8), (4, 6, 8)),
    (move("UNPACK", (), axis=0, num=1), (-1, -1, -1), (4, 6, 8)),
    (move("PACK", (), axis=0), (-1, 1, -1, 6, 8), (1, 1, 4, 6, 8)),
    (move("BROADCAST_TO", (), ints(3, 4, 6, 8)), (-1, 4, 6, 8), (3, 4, 6, 8)),
    (move("SPLIT_V", (), ints(8), ints(3)), (-1, -1, 6, 8), (1, 4, 6, 8)),
    (move("MUL", (), activation((4, 1, 1))), (-1, -1, 6, 8), (1, 4, 6, 8)),
    (move("AVERAGE_POOL_2D", (), filter_height=2, filter_width=2, stride_h=2, stride_w=2, padding="VALID"),
     (-1, -1, -1, 8), (1, 2, 3, 8)),
    (move("FULLY_CONNECTED", (), constant(np.zeros((5, 8), np.int8)), keep_num_dims=True), (-1, -1, 6, 5), (1, 4, 6, 5)),
    (move("SOMETHING", ()), (-1, 3), (1, 3)),  # no rule, and the file knows all but the batch
]  # fmt: skip


@pytest.mark.parametrize("op, open_shape, shape", OPEN, ids=lambda x: getattr(x, "kind", None))
def test_every_rule_for_open_shapes(op, open_shape, shape):
    infer(opened(op, open_shape))
    assert op.outputs[0].shape == shape


def test_a_shape_that_depends_on_data_is_refused():
    op = opened(move("RESHAPE", (), Tensor("new", (2,), "int32")), (-1, -1))
    with pytest.raises(LinnetError, match=r"RESHAPE .* makes the open shape \(-1, -1\); export the model with fixed shapes"):
        infer(op)


def test_litert_agrees_where_the_batch_is_open(tmp_path):
    # The file says that each of the four blocks is one image: it knows no better.
    model = next(record.recorded(record.VECTORS / "space_to_batch_nd.npz"))[1]
    file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    x, y = file.subgraphs[0].tensors[0], file.subgraphs[0].tensors[-1]
    n_images = int(y.shape[0])
    for tensor in (x, y):
        tensor.shapeSignature = np.array([-1, *tensor.shape[1:]], np.int32)
    y.shape = np.array([1, *y.shape[1:]], np.int32)
    builder = flatbuffers.Builder(1024)
    builder.Finish(file.Pack(builder), b"TFL3")
    path = tmp_path / "open.tflite"
    path.write_bytes(builder.Output())
    packed = pack_model(path)
    assert packed.checked and packed.blob.tensors[packed.blob.outputs[0]].shape[0] == n_images > 1
