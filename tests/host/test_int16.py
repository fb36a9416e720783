"""Activations of 16 bits: a whole model as TFLite Micro runs it, islands in int8 models, what is refused in a sentence, hostile
params, and how far outputs may lie over inputs."""

from pathlib import Path

import cases.int16 as family
import numpy as np
import pytest
import record
import test_overlap
from graphs import activation, add, constant, conv_2d, depthwise_conv_2d, elementwise, fully_connected, pool, random_inputs
from test_convolutions import damaged

from linnet import core, fields
from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.operators.int16.layer import DOUBLE, LONG, SHORT
from linnet.operators.int16.softmax import tables
from linnet.packer import assemble, pack
from linnet.passes import drop_constant_channels, run_all

MODELS = Path(__file__).resolve().parents[1] / "models"
HOSTILE = (0, 1, 2, 3, 17, 255, -1, 127, -32768, 32767, 65535, 1 << 24, (1 << 30) + 1, (1 << 31) - 1, (1 << 32) - 1)
NAMES = [operator.__name__ for operator in family.OPERATORS]


def wide(op):
    """The operator on int16: the same scales, zero points 0, a bias of int64."""
    for tensor in op.inputs[:1] + op.outputs + (op.inputs[1:] if op.kind == "ADD" else []):
        if tensor.dtype == "int8":
            tensor.dtype = "int16"
            tensor.quant.zero_point = tensor.quant.zero_point * 0
    for bias in op.inputs[2:]:
        bias.dtype, bias.data = "int64", bias.data.astype(np.int64)
    return op


def lowered(op):
    _, step = test_overlap.lowered(op)
    return step


def sums_of(step):
    return fields.OPERATORS[step.code][1].unpack(step.params)["sums"]


# Whole models ----------------------------------------------------------------------------------------------------


def test_a_keras_model_computes_what_tflite_micro_does():
    recorded = np.load(MODELS / "keras_16x8_tflm.npz")
    model = Model(pack(MODELS / "keras_16x8.tflite"))
    assert fields.GROUPS.index("int16") == 4 and fields.groups([op.code for op in model.blob.operators]) & 1 << 4
    for x, y in zip(recorded["x"], recorded["y"], strict=True):
        np.testing.assert_array_equal(model.predict([x])[0].reshape(y.shape), y)


def island():
    """(graph, its operators): a convolution of int16 between two of int8."""
    x = activation((1, 8, 8, 3), 0.03, 5)
    first = conv_2d(x, (1, 6, 6, 4), out_quant=(0.05, -7))
    into = elementwise("QUANTIZE", first.outputs[0], (0.0002, 0), "int16")
    inside = wide(conv_2d(into.outputs[0], (1, 4, 4, 8), seed=1, out_quant=(0.0004, 0)))
    back = elementwise("QUANTIZE", inside.outputs[0], (0.07, 11), "int8")
    last = conv_2d(back.outputs[0], (1, 2, 2, 5), seed=2)
    operators = [first, into, inside, back, last]
    return Graph("island", [x], last.outputs, operators), operators


def test_an_island_of_int16_in_an_int8_model():
    graph, operators = island()
    x = random_inputs(graph)
    drop_constant_channels.run(run_all(graph))
    model = Model(assemble(lower(graph), graph.inputs, graph.outputs).data)
    assert [op.name for op in model.blob.operators] == ["CONV_2D", "RESCALE_INT16", "CONV_2D_INT16", "RESCALE_INT16", "CONV_2D"]
    (got,) = model.predict(x)
    for op in island()[1]:  # each by itself
        alone, step = test_overlap.lowered(op)
        x = Model(assemble([step], alone.inputs, alone.outputs).data).predict(x)
        x = [x[0].reshape(op.outputs[0].shape)]
    np.testing.assert_array_equal(got, x[0].ravel())


def test_real_numbers_go_in_and_come_out():
    op = wide(elementwise("RELU", activation((1, 6), 0.001)))
    alone, step = test_overlap.lowered(op)
    model = Model(assemble([step], alone.inputs, alone.outputs).data)
    x = np.array([-40.0, -0.0004, 0.0006, 0.0012, 7.0, 100.0], np.float32)
    (y,) = model.predict([x], real=True)
    np.testing.assert_array_equal(y, np.array([0, 0, 1, 1, 7000, 32767], np.float32) * np.float32(0.001))
    assert model.input_dtype == ("h",) and list(core.quantize(x[[0, 5]], 0.001, 0, "int16")) == [-32768, 32767]
    out = np.zeros(6, np.float32)
    model.run(x, out)
    np.testing.assert_array_equal(out, y)


def test_how_sums_are_kept():
    dense = wide(fully_connected(activation((1, 100)), 4, out_quant=(0.001, 0)))
    assert sums_of(lowered(dense)) == SHORT
    dense.inputs[2].data[0] = 1 << 40
    assert sums_of(lowered(dense)) == LONG
    dense.inputs[2].dtype, dense.inputs[2].data = "int32", np.zeros(4, np.int32)
    assert sums_of(lowered(dense)) == DOUBLE
    assert sums_of(lowered(wide(fully_connected(activation((1, 1000)), 4, out_quant=(0.01, 0))))) == LONG


def test_softmax_tables_begin_and_end_where_they_should():
    exp, reciprocal = tables()
    assert (exp[-1], reciprocal[0], reciprocal[-1]) == (32767, 32767, 16384) and (np.diff(exp) >= 0).all()


# Refusals --------------------------------------------------------------------------------------------------------


def changed(op, **changes):
    """changes: of the output."""
    for name, value in changes.items():
        if name == "zero_point":
            op.outputs[0].quant.zero_point[:] = value
        elif name == "scale":
            op.outputs[0].quant.scale[:] = value
        else:
            setattr(op.outputs[0], name, value)
    return op


def conv(**changes):
    return changed(wide(conv_2d(activation((1, 5, 5, 2)), (1, 3, 3, 4), out_quant=(0.01, 0))), **changes)


def depthwise(bias_dtype="int64", kernel=(3, 3)):
    op = wide(depthwise_conv_2d(activation((1, *kernel, 2)), (1, 1, 1, 2), kernel, out_quant=(0.01, 0)))
    op.inputs.append(constant(np.zeros(2, bias_dtype)))
    return op


def simple(kind, out_scale, scale=0.001, **attrs):
    return wide(elementwise(kind, activation((1, 8), scale), (out_scale, 0), **attrs))


def biased(value):
    op = conv()
    op.inputs[2].data[0] = value
    return op


REFUSED = [
    (lambda: conv(zero_point=3), "output has the zero point 3; int16 must be symmetric"),
    (lambda: conv(dtype="int8"), "output is int8, expected int16"),
    (lambda: conv(scale=1e-7), "output's scale .* is too small beside the input's"),
    (lambda: depthwise("int32"), "bias is int32, expected int64 beside int16 activations"),
    (lambda: depthwise(kernel=(30, 20)), "a window of 600 taps is larger than 511"),
    (lambda: biased(1 << 50), "its bias is beyond 46 bits"),
    (lambda: simple("LOGISTIC", 1 / 256), "TFLite's is 1/32768"),
    (lambda: simple("TANH", 1 / 32768, 3.0), "input's scale 3.0 is too large; at most 2.667"),
    (lambda: simple("SOFTMAX", 1 / 256, beta=1.0), "TFLite's is 1/32768"),
    (lambda: simple("SOFTMAX", 1 / 32768, 5.0, beta=1.0), "too large for TFLite's 16-bit softmax"),
    (lambda: elementwise("QUANTIZE", wide(simple("RELU", 1)).outputs[0], (1, 3), "uint8"), "quantizes int16 to uint8"),
    (lambda: wide(add(activation((1, 4), 1.0), activation((1, 4)), (1e-6, 0))), "too small beside those of the inputs"),
    (lambda: Operator("MAXIMUM", [wide_tensor(0.1), wide_tensor(0.2)], [wide_tensor(0.1)]), "quantized differently"),
    (lambda: Operator("MEAN", [wide_tensor(0.1), constant(np.array([7], np.int32))], [wide_tensor(0.1)]), "axis 7 lies outside"),
]


def wide_tensor(scale):
    return activation((1, 8), scale, 0, dtype="int16")


@pytest.mark.parametrize("make, sentence", REFUSED)
def test_misfits_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(LinnetError, match=sentence):
        lowered(make())


# Kernels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dequantize_int16"])
def test_hostile_params_are_refused_or_harmless(name, tflite_file):
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused = 0
    for number, (_, model, _) in enumerate(record.recorded(record.VECTORS / f"{name}.npz")):
        graph = run_all(read_tflite(tflite_file(model)))
        packed = assemble(lower(graph), graph.inputs, graph.outputs)
        (row,) = packed.blob.operators
        if number % 5 or not row.name.endswith("_INT16"):
            continue
        for field in fields.OPERATORS[row.code][1].unpack(row.params):
            for value in HOSTILE:
                data = damaged(packed, field, value)
                if data is None:
                    continue
                try:
                    opened = Model(data)
                except LinnetError:
                    refused += 1
                    continue
                opened.predict([np.full(t.shape, 99, t.dtype) for t in graph.inputs])
    assert refused > 10


def windowed(kind, channels, batches=1):
    return lambda: map(wide, test_overlap.windowed(kind, channels, batches))


OVERLAPS = {
    "CONV_2D": windowed("CONV_2D", [(4, 4), (4, 8), (8, 4), (3, 5), (1, 6)]),
    "CONV_2D in batches": windowed("CONV_2D", [(4, 4), (4, 8), (8, 4)], batches=2),
    "DEPTHWISE_CONV_2D": windowed("DEPTHWISE_CONV_2D", [(4, 4), (4, 8), (3, 3), (1, 4)]),
    "AVERAGE_POOL_2D": windowed("AVERAGE_POOL_2D", [(4, 4), (3, 3)], batches=2),
    "MAX_POOL_2D": windowed("MAX_POOL_2D", [(4, 4), (5, 5)], batches=2),
    "FULLY_CONNECTED": lambda: (
        wide(fully_connected(activation((rows, n)), out_n)) for rows in (1, 2, 5) for n in (4, 7, 16) for out_n in (1, 8, 20)
    ),
    "ADD": lambda: (wide(add(activation((1, n), 0.03), activation((1, n), 0.07))) for n in (2, 37)),
    "SOFTMAX": lambda: (wide(elementwise("SOFTMAX", activation((rows, 10)), (2.0**-15, 0), beta=1.0)) for rows in (1, 3)),
    "LOGISTIC": lambda: [simple("LOGISTIC", 2.0**-15)],
    "RELU": lambda: (wide(elementwise("RELU", activation((1, n)))) for n in (8, 50, 70)),
    "QUANTIZE to int16": lambda: (elementwise("QUANTIZE", activation((1, n)), (0.001, 0), "int16") for n in (4, 33, 100)),
    "QUANTIZE to int8": lambda: (elementwise("QUANTIZE", wide_tensor(0.1), (0.3, 4), "int8") for _ in range(1)),
    "QUANTIZE to int32": lambda: (elementwise("QUANTIZE", activation((1, n)), (0.001, 0), "int32") for n in (4, 33, 100)),
    "QUANTIZE of float32": lambda: [elementwise("QUANTIZE", Tensor("f", (1, 40), "float32"), (0.001, 0), "int16")],
    "DEQUANTIZE": lambda: [elementwise("DEQUANTIZE", wide_tensor(0.1), dtype="float32")],
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_results_are_exact_at_the_distance(name):
    for op in OVERLAPS[name]():
        assert test_overlap.exact_at(op), f"{op.kind} {op.inputs[0].shape} -> {op.outputs[0].shape} {op.attrs}"


@pytest.mark.parametrize("name", ["CONV_2D", "CONV_2D in batches", "FULLY_CONNECTED", "QUANTIZE to int16"])
def test_much_closer_is_too_close_somewhere(name):
    # Results are written some at a time: a few bytes less would do.
    assert any(not test_overlap.exact_at(op, shift=-32) for op in OVERLAPS[name]())


def test_an_average_of_one_window_is_exact():
    x = activation((1, 4, 4, 3))
    step = lowered(wide(pool("AVERAGE_POOL_2D", x, (1, 1, 1, 3), (4, 4))))
    assert step.name == "AVERAGE_POOL_2D_INT16" and step.macs == 0
