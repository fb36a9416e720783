"""Weights of four bits: results are those of the same weights in int8, and nothing that a hostile blob says does harm."""

import struct
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import record
from graphs import activation, conv_2d, depthwise_conv_2d, fully_connected
from test_overlap import exact_at
from tflite_builder import Options, Tensor, constant, single_op_model

from linnet import blob as blobs
from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import Graph
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.operators import int4
from linnet.packer import assemble
from linnet.passes import drop_constant_channels, run_all

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))
import make_blobs  # noqa: E402

NAME = "FULLY_CONNECTED_INT4"


def narrowed(op, fill=None):
    """The operator with random weights of four bits, or all of one value."""
    weights = op.inputs[1]
    data = np.random.default_rng(len(op.inputs[1].data)).integers(-8, 8, weights.shape).astype(np.int8)
    op.inputs[1] = replace(weights, data=data if fill is None else np.full_like(data, fill), is_int4=True)
    return op


def widened(op):
    """The same operator, its weights in bytes."""
    return replace(op, inputs=[op.inputs[0], replace(op.inputs[1], is_int4=False), *op.inputs[2:]])


def graph_of(op):
    return run_all(Graph("test", op.inputs[:1], op.outputs, [op]))


def names(op):
    return [step.name for step in lower(graph_of(op))]


def results(op, x):
    graph = graph_of(op)
    return Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict([x])[0]


def dense(rows, in_n, out_n):
    return narrowed(fully_connected(activation((rows, in_n)), out_n))


def pointwise(size, channels, stride=(1, 1), batches=1):
    """A convolution 1x1 over (batches, *size, channels[0]), VALID."""
    out = tuple(-(-n // s) for n, s in zip(size, stride))
    x = activation((batches, *size, channels[0]))
    return narrowed(conv_2d(x, (batches, *out, channels[1]), (1, 1), stride_h=stride[0], stride_w=stride[1]))


def layers():
    """Every remainder of what is done at a time: 2 inputs, 16 of them, 4 outputs."""
    for in_n in (2, 3, 15, 16, 17, 31, 32, 33, 130):
        yield dense(1 + in_n % 2, in_n, 4 + in_n % 5)
    yield from (dense(3, 40, 8), pointwise((3, 4), (8, 6)), pointwise((5, 4), (18, 4), (2, 3)), pointwise((4, 3), (7, 9), (3, 2), 2))


@pytest.mark.parametrize("fill", [None, -8, 7])
def test_results_are_those_of_int8(fill):
    for number, op in enumerate(layers()):
        if fill is not None:
            narrowed(op, fill)
        assert names(op) == [NAME]
        drawn = np.random.default_rng(number).integers(-128, 128, op.inputs[0].shape).astype(np.int8)
        for x in (drawn, np.full_like(drawn, -128), np.full_like(drawn, 127)):
            assert np.array_equal(results(op, x), results(widened(op), x)), f"{op} {op.inputs[0].shape} {op.inputs[1].shape}"


def test_words_hold_what_the_format_says():
    weights = np.random.default_rng(1).integers(-8, 8, (6, 5)).astype(np.int8)
    words = np.frombuffer(int4.pack(weights), "<u4").reshape(2, 3)
    assert words.nbytes == fields.int4_bytes(5, 6)
    filled = np.zeros((8, 6), int)
    filled[:6, :5] = weights.astype(int) + 8
    for o, i in np.ndindex(8, 6):
        at = {0: 0, 1: 16, 2: 4, 3: 20}[o % 4] + 8 * (i % 2)
        assert words[o // 4, i // 2] >> at & 15 == filled[o, i]


def test_weights_take_half_the_room():
    op = pointwise((4, 4), (64, 64))
    (narrow,), (wide,) = lower(graph_of(op)), lower(graph_of(widened(op)))
    assert len(wide.data) - len(narrow.data) == 64 * 64 // 2 and narrow.macs == wide.macs == 16 * 64 * 64
    params = fields.OPERATORS[narrow.code][1].unpack(narrow.params)
    assert fields.macs(narrow.code, params) == narrow.macs and fields.weights_bytes(narrow.code, params) == 64 * 64 // 2


def test_other_layers_are_widened():
    x = activation((1, 5, 5, 4))
    assert names(narrowed(conv_2d(x, (1, 3, 3, 8)))) == ["CONV_2D"]
    assert names(narrowed(depthwise_conv_2d(x, (1, 3, 3, 4)))) == ["DEPTHWISE_CONV_2D"]
    assert names(dense(1, 64, 2)) == ["FULLY_CONNECTED"]  # four outputs' room for two: more than in bytes
    padded = conv_2d(x, (1, 7, 7, 8), (1, 1), padding="EXPLICIT", pad_top=1, pad_left=1)
    assert names(narrowed(padded)) == ["CONV_2D"]


def test_channels_may_be_taken_out():
    op = pointwise((4, 4), (12, 8))
    op.inputs[1].data[..., 5:7] = 0
    x = np.random.default_rng(1).integers(-128, 128, (1, 4, 4, 12)).astype(np.int8)
    wanted = results(op, x)
    first = narrowed(conv_2d(activation((1, 4, 4, 12)), (1, 4, 4, 12), (1, 1)))
    second = replace(op, inputs=[first.outputs[0], *op.inputs[1:]])
    graph = run_all(Graph("test", first.inputs[:1], second.outputs, [first, second]))
    before = Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict([x])[0]
    drop_constant_channels.run(graph)
    steps = lower(graph)
    assert [step.name for step in steps] == [NAME, NAME] and graph.operators[1].inputs[1].shape[3] == 10
    assert np.array_equal(Model(assemble(steps, graph.inputs, graph.outputs).data).predict([x])[0], before)
    assert wanted.shape == before.shape


def test_results_are_exact_at_the_distance():
    found = [exact_at(op) for op in layers()]
    assert all(found) and any(not exact_at(op, shift=-8) for op in layers())  # the last four outputs are made at once


def test_hostile_params_are_refused_or_harmless():
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused, statuses = 0, set()
    layout = fields.OPERATORS[int4.CODE][1]
    for op in (dense(3, 17, 5), pointwise((4, 3), (7, 9), (3, 2), 2)):
        graph = graph_of(op)
        packed = assemble(lower(graph), graph.inputs, graph.outputs)
        for field, old in layout.unpack(packed.blob.operators[0].params).items():
            for value in (0, 1, 2, 3, 4, 16, 255, -1, 127, -32768, 32767, 65535, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1):
                for i in range(len(old)) if isinstance(old, tuple) else (None,):
                    new = value if i is None else [value if k == i else each for k, each in enumerate(old)]
                    damaged = make_blobs.Damaged(packed)
                    try:
                        damaged.params(0, **{field: new})
                    except struct.error:  # the field cannot hold it
                        continue
                    try:
                        opened = Model(blobs.with_crc(bytes(damaged.data)))
                    except LinnetError as error:
                        refused += 1
                        statuses |= {status for status in ("PARAMS", "OPERANDS", "DATA") if status in str(error)}
                        continue
                    opened.predict([np.zeros(shape, np.int8) for shape in opened.input_shape])
    assert refused > 100 and statuses == {"PARAMS", "OPERANDS", "DATA"}


def one_layer(weights, **of_tensor):
    """The bytes of a .tflite file of a dense layer with these weights."""
    x, y = Tensor((1, 6), "int8", 0.1), Tensor((1, 5), "int8", 0.2)
    tensor, data = constant(weights, 0.01)
    options = Options("FullyConnectedOptions", {})
    return single_op_model("FULLY_CONNECTED", options, [x], [y], [(replace(tensor, dtype="int4", **of_tensor), data)])


def test_files_hold_two_to_a_byte(tflite_file):
    weights = np.random.default_rng(1).integers(-8, 8, (5, 6)).astype(np.int8)
    graph = read_tflite(tflite_file(one_layer(weights)))
    assert np.array_equal(graph.operators[0].inputs[1].data, weights) and graph.operators[0].inputs[1].is_int4


def test_too_few_bytes_are_refused(tflite_file):
    content = one_layer(np.zeros((5, 4), np.int8), shape=(5, 6))
    with pytest.raises(LinnetError, match=r"holds 10 bytes, its shape \(5, 6\) needs 15"):
        read_tflite(tflite_file(content))


def test_activations_of_four_bits_are_refused(tflite_file):
    x = Tensor((1, 6), "int4", 0.1)
    content = single_op_model("RELU", None, [x], [Tensor((1, 6), "int8", 0.1)])
    with pytest.raises(LinnetError, match="is INT4, which only weights may be; quantize activations to int8"):
        read_tflite(tflite_file(content))


def test_recorded_layers_keep_four_bits(tflite_file):
    """What tests/kernels/test_vectors.py compares with TFLite Micro is this kernel, not the one for bytes."""
    codes = []
    for name in ("fully_connected_int4", "conv_2d_int4"):
        for _, model, _ in record.recorded(record.VECTORS / f"{name}.npz"):
            codes += [step.code for step in lower(run_all(read_tflite(tflite_file(model))))]
    assert codes.count(int4.CODE) > 36
