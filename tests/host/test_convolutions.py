"""Convolutions and products beyond the base's: what they are lowered to, what is refused in a sentence, what hostile params do."""

import itertools
import sys
from pathlib import Path

import cases.convolutions as family
import numpy as np
import pytest
import record
from graphs import activation, constant, conv_2d, depthwise_conv_2d, pad
from test_overlap import exact_at

from linnet import blob as blobs
from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import Graph, Operator
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import drop_constant_channels, resolve_padding, run_all

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))
import make_blobs  # noqa: E402

NAMES = [operator.__name__ for operator in family.OPERATORS]
MATH = {"TRANSPOSE_CONV": "transpose_conv", "BATCH_MATMUL": "batch_matmul", "L2_NORMALIZATION": "l2_normalization",
        "GROUPED_CONV_2D": "conv_2d_grouped"}  # fmt: skip


def recorded(name):
    return record.recorded(record.VECTORS / f"{name}.npz")


def graph_of(model, tflite_file):
    return run_all(read_tflite(tflite_file(model)))


def lowered(op):
    inputs = list(dict.fromkeys(tensor for tensor in op.inputs if tensor.data is None))
    (step,) = lower(run_all(Graph("test", inputs, op.outputs, [op])))
    return step


def matmul(a, b, out_shape, **attrs):
    output = activation(out_shape, 0.1, 4, name="product")
    return Operator("BATCH_MATMUL", [a, b], [output], {"adj_x": False, "adj_y": False, "fused_activation": "NONE"} | attrs)


def weights(shape, zero_point=0):
    data = np.random.default_rng(1).integers(-127, 128, shape).astype(np.int8)
    tensor = constant(data, 0.01, name="weights")
    tensor.quant.zero_point[:] = zero_point
    return tensor


def dense(x, w, out_shape, bias=None):
    inputs = [x, w] + ([] if bias is None else [bias])
    return Operator("FULLY_CONNECTED", inputs, [activation(out_shape, 0.1, 4, name="dense")], {"fused_activation": "NONE"})


def transpose_conv(x, kernel, out_shape, stride=2, padding="SAME"):
    attrs = {"padding": padding, "stride_h": stride, "stride_w": stride, "fused_activation": "NONE"}
    shape = constant(np.array(out_shape, np.int32), name="shape")
    output = activation(out_shape, 0.1, 4, name="up")
    return Operator("TRANSPOSE_CONV", [shape, weights((out_shape[3], *kernel, x.shape[3])), x], [output], attrs)


def test_a_constant_matrix_makes_a_dense_layer():
    a = activation((2, 3, 4))
    assert lowered(matmul(a, weights((4, 5)), (2, 3, 5))).name == "FULLY_CONNECTED"
    assert lowered(matmul(a, weights((5, 4)), (2, 3, 5), adj_y=True)).name == "FULLY_CONNECTED"
    assert lowered(matmul(a, weights((4, 5), zero_point=3), (2, 3, 5))).name == "BATCH_MATMUL"
    assert lowered(matmul(a, weights((2, 4, 5)), (2, 3, 5))).name == "BATCH_MATMUL"
    assert lowered(matmul(weights((3, 4)), activation((4, 5)), (3, 5))).name == "BATCH_MATMUL"


def test_weights_of_another_layer_make_a_product():
    x, bias = activation((2, 4)), constant(np.arange(3, dtype=np.int32), name="bias")
    step = lowered(dense(x, activation((3, 4), name="w"), (2, 3), bias))
    assert step.name == "BATCH_MATMUL" and step.data == bias.data.tobytes() and step.macs == 24


def test_filters_of_one_channel_make_a_depthwise_layer():
    x = activation((1, 5, 5, 4))
    ops = {depth: conv_2d(x, (1, 3, 3, 8)) for depth in (1, 2, 4)}
    for depth, op in ops.items():
        op.inputs[1].data = op.inputs[1].data[..., :depth].copy()
        op.inputs[1].shape = op.inputs[1].data.shape
    assert [lowered(op).name for op in ops.values()] == ["DEPTHWISE_CONV_2D", "GROUPED_CONV_2D", "CONV_2D"]


def test_one_input_channel_makes_a_convolution():
    assert lowered(depthwise_conv_2d(activation((1, 5, 5, 1)), (1, 3, 3, 8))).name == "CONV_2D"
    assert lowered(depthwise_conv_2d(activation((1, 5, 5, 2)), (1, 3, 3, 8))).name == "DEPTHWISE_CONV_2D"


def test_batches_of_one_matrix_are_rows():
    step = lowered(matmul(activation((2, 3, 4)), activation((1, 4, 5), name="b"), (2, 3, 5)))
    params = fields.OPERATORS[step.code][1].unpack(step.params)
    assert params["rows"] == 6 and params["batches"] == (1, 1, 1)


def grouped(in_c, depth, out_c):
    op = conv_2d(activation((1, 5, 5, in_c)), (1, 3, 3, out_c))
    op.inputs[1] = constant(np.ones((out_c, 3, 3, depth), np.int8), np.full(out_c, 0.01), 0, "weights")
    return op


X = activation((1, 3, 3, 2))
MISFITS = [
    (lambda: grouped(6, 4, 8), r"weights \(8, 3, 3, 4\) do not fit 6 input channels"),
    (lambda: grouped(6, 2, 8), r"weights \(8, 3, 3, 2\) do not fit 6 input channels"),
    (lambda: matmul(activation((3, 4)), activation((5, 6), name="b"), (3, 6)), "rows of 4 with columns of 5"),
    (lambda: matmul(activation((2, 3, 4)), activation((3, 4, 6), name="b"), (3, 3, 6)), "do not go together"),
    (lambda: matmul(activation((2, 3, 4)), activation((4, 6), name="b"), (3, 6)), r"makes \(1, 1, 2, 3, 6\)"),
    (lambda: matmul(activation((4,)), activation((4, 6), name="b"), (6,)), "expected 2 to 5 dimensions"),
    (lambda: matmul(activation((2, 3), dtype="uint8"), activation((3, 4), name="b"), (2, 4)), "input 0 is uint8"),
    (lambda: dense(activation((2, 4)), activation((3, 4, 1), name="w"), (2, 3)), "expected 2 dimensions"),
    (lambda: transpose_conv(X, (3, 3), (1, 7, 6, 4)), r"an output of \(7, 6\) is made of \(4, 3\)"),
    (lambda: transpose_conv(X, (3, 3), (2, 6, 6, 4)), "batches"),
    (lambda: transpose_conv(X, (3, 3), (1, 3, 3, 4), stride=0), "at least 1"),
    (lambda: Operator("L2_NORMALIZATION", [X], [activation(X.shape, 0.1, 0)], {"fused_activation": "NONE"}), "expected 1/128 and 0"),
    (lambda: Operator("L2_NORMALIZATION", [X], [activation(X.shape, 1 / 128, 0)], {"fused_activation": "RELU"}), "RELU is not supported"),
]  # fmt: skip


@pytest.mark.parametrize("make, sentence", MISFITS)
def test_misfits_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(LinnetError, match=sentence):
        lowered(make())


def transposed():
    for number, (kernel, stride, padding) in enumerate(itertools.product([(1, 1), (2, 2), (3, 3), (1, 4)], [1, 2, 3], ["SAME", "VALID"])):
        size, in_c, out_c = ((4, 3), (1, 5))[number % 2], (4, 8, 3)[number % 3], (4, 2, 8)[number % 3]
        out = [n * stride if padding == "SAME" else (n - 1) * stride + k for n, k in zip(size, kernel)]
        yield transpose_conv(activation((1 + number % 2, *size, in_c)), kernel, (1 + number % 2, *out, out_c), stride, padding)


def test_results_are_exact_at_the_distance():
    for op in transposed():
        assert exact_at(op), f"{op.inputs[2].shape} -> {op.outputs[0].shape} {op.attrs}"
    assert any(not exact_at(op, shift=-4) for op in transposed())


def test_normalization_works_in_place():
    x = activation((3, 9))
    assert exact_at(Operator("L2_NORMALIZATION", [x], [activation(x.shape, 1 / 128, 0, "y")], {"fused_activation": "NONE"}))


def test_a_relu_is_fused():
    made = [transpose_conv(activation((1, 3, 3, 2)), (3, 3), (1, 6, 6, 4)) for _ in range(2)]
    relus = [Operator("RELU", op.outputs, [activation(op.outputs[0].shape, 0.1, 4, "relu")]) for op in made]
    graphs = [Graph("test", op.inputs[2:], relu.outputs, [op, relu]) for op, relu in zip(made, relus)]
    x = np.random.default_rng(2).integers(-128, 128, (1, 3, 3, 2)).astype(np.int8)
    together = lower(run_all(graphs[0]))
    assert len(together) == 1 and len(lower(graphs[1])) == 2
    fused, apart = (Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict([x])[0] for graph in graphs)
    assert np.array_equal(fused, apart) and fused.min() == 4


@pytest.mark.parametrize("attrs", [{}, {"padding": "EXPLICIT", "pad_top": 0, "pad_left": 1}], ids=["VALID", "EXPLICIT"])
@pytest.mark.parametrize("axis", [1, 2])
def test_the_padding_of_lines_is_fused(axis, attrs):
    graphs = []
    for _ in range(2):
        x = activation((1, 9, 4))
        padded = pad(x, [[0, 0], [2, 0], [0, 0]])
        shape = [1, 11, 11, 4]
        shape[axis] = 1
        image = activation(shape, name="image")
        kernel, out = ((1, 3) if axis == 1 else (3, 1)), [1, 9, 9, 5]
        out[axis] = 1
        out[2] += attrs.get("pad_left", 0)
        conv = conv_2d(image, out, kernel, **attrs)
        shaping = Operator("RESHAPE", padded.outputs, [image])
        graphs.append(Graph("test", [x], conv.outputs, [padded, shaping, conv]))
        resolve_padding.run(graphs[-1])
    data = np.random.default_rng(3).integers(-128, 128, (1, 9, 4)).astype(np.int8)
    steps = [lower(run_all(graphs[0])), lower(graphs[1])]
    assert [[step.name for step in made] for made in steps] == [["RESHAPE", "CONV_2D"], ["PAD", "RESHAPE", "CONV_2D"]]
    fused, apart = (
        Model(assemble(made, graph.inputs, graph.outputs).data).predict([data])[0] for made, graph in zip(steps, graphs)
    )
    assert np.array_equal(fused, apart)


@pytest.mark.parametrize("name", NAMES)
def test_constant_channels_may_be_taken_out(name, tflite_file):
    for case, model, ((inputs, outputs),) in recorded(name):
        graph = graph_of(model, tflite_file)
        drop_constant_channels.run(graph)
        found = Model(assemble(lower(graph), graph.inputs, graph.outputs).data)
        got = found.predict([x.reshape(shape) for x, shape in zip(inputs, found.input_shape)])
        assert np.array_equal(np.ravel(got[0]), np.ravel(outputs[0])), case


def damaged(packed, field, value):
    """The blob with one field of its operator's params replaced, or None where the field cannot hold the value."""
    blob = make_blobs.Damaged(packed)
    old = fields.OPERATORS[packed.blob.operators[0].code][1].unpack(packed.blob.operators[0].params)[field]
    try:
        blob.params(0, **{field: [value] * len(old) if isinstance(old, tuple) else value})
    except Exception as error:
        assert "format" in str(error) or "range" in str(error), error
        return None
    return blobs.with_crc(bytes(blob.data))


@pytest.mark.parametrize("kernel", MATH)
def test_hostile_params_are_refused_or_harmless(kernel, tflite_file):
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused, statuses = 0, set()
    for number, (_, model, _) in enumerate(recorded(MATH[kernel])):
        graph = graph_of(model, tflite_file)
        packed = assemble(lower(graph), graph.inputs, graph.outputs)
        code = packed.blob.operators[0].code
        if number % 3 or fields.OPERATORS[code][0] != kernel:
            continue
        for field in fields.OPERATORS[code][1].unpack(packed.blob.operators[0].params):
            for value in (0, 1, 2, 3, 17, 255, -1, 127, -32768, 32767, 65535, 1 << 24, (1 << 30) + 1, (1 << 31) - 1, (1 << 32) - 1):
                data = damaged(packed, field, value)
                if data is None:
                    continue
                try:
                    opened = Model(data)
                except LinnetError as error:
                    refused += 1
                    statuses |= {status for status in ("PARAMS", "OPERANDS", "DATA", "SCRATCH") if status in str(error)}
                    continue
                opened.predict([np.zeros(shape, np.int8) for shape in opened.input_shape])
    assert refused > 100 and {"PARAMS", "OPERANDS"} <= statuses
