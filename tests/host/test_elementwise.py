"""Arithmetic, reductions and comparisons: what they are lowered to, what is refused in a sentence, what hostile params do."""

import sys
from pathlib import Path

import numpy as np
import pytest
import record
from graphs import activation, chain, constant, elementwise

from linnet import blob as blobs
from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import run_all

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))
import make_blobs  # noqa: E402

# Kernel: the recorded operators that it runs.
KERNELS = {
    "ELEMENTWISE": ("sub", "mul", "squared_difference", "maximum", "logical"), "PRELU": ("prelu",),
    "COMPARE": ("compare", "compare_integers"), "INTEGER": ("floor_mod", "add_integers"), "SELECT": ("select", "select_integers"),
    "REDUCE": ("mean", "reduce_max", "reduce_all"), "ARG_MAX": ("arg_max", "arg_max_64"), "LOG_SOFTMAX": ("log_softmax",),
    "CUMSUM": ("cumsum", "cumsum_integers"), "ADD_N": ("add_n",), "TOP_K": ("top_k",),
}  # fmt: skip
X = activation((1, 4, 4, 8))
NONE = {"fused_activation": "NONE"}


def binary(kind, a, b, shape=None, out_quant=(0.1, 4), **attrs):
    shape = np.broadcast_shapes(a.shape, b.shape) if shape is None else shape
    return Operator(kind, [a, b], [activation(shape, *out_quant, name="y")], attrs)


def small(shape, scale=0.02, value=None):
    n = int(np.prod(shape))
    data = np.arange(1, n + 1) if value is None else np.full(n, value)
    return constant(data.reshape(shape).astype(np.int8), scale)


def integers(shape, name="i"):
    return Tensor(name, tuple(shape), "int32")


def lowered(op):
    (step,) = lower(run_all(chain(op)))
    return step


def params_of(step):
    return fields.OPERATORS[step.code][1].unpack(step.params)


def walk_of(step):
    """dims and the strides of both inputs, without the dimensions of 1."""
    params = params_of(step)
    kept = [axis for axis, size in enumerate(params["dims"]) if size != 1]
    rows = [params["strides"][5 * i : 5 * i + 5] for i in range(2)]
    return [params["dims"][axis] for axis in kept], *([row[axis] for axis in kept] for row in rows)


@pytest.mark.parametrize(
    "a, b, walk",
    [
        ((1, 4, 4, 8), (1, 4, 4, 8), ([128], [1], [1])),
        ((1, 4, 4, 8), (1, 1, 1, 8), ([16, 8], [8, 1], [0, 1])),
        ((8,), (1, 4, 4, 8), ([16, 8], [0, 1], [8, 1])),
        ((1, 4, 4, 8), (1, 4, 4, 1), ([16, 8], [8, 1], [1, 0])),
        ((1, 4, 4, 8), (), ([128], [1], [0])),
        ((2, 1, 4), (1, 5, 1), ([2, 5, 4], [4, 0, 1], [0, 1, 0])),
        ((2, 3, 4, 5), (3, 1, 5), ([2, 3, 4, 5], [60, 20, 5, 1], [0, 5, 0, 1])),
        ((2, 1, 3, 1, 5), (1, 4, 1, 6, 1), ([2, 4, 3, 6, 5], [15, 0, 5, 0, 1], [0, 6, 0, 1, 0])),
    ],
)
def test_shapes_are_joined(a, b, walk):
    step = lowered(binary("MUL", activation(a), activation(b, name="b"), **NONE))
    assert (step.name, walk_of(step)) == ("ELEMENTWISE", walk)
    full = np.broadcast_shapes(a, b)
    assert step.overlap == [0 if shape == full else None for shape in (a, b)]


def test_a_small_constant_is_repeated_to_make_rows_longer():
    step = lowered(binary("ADD", activation((1, 10, 10, 3)), small((3,)), **NONE))
    assert step.inputs[1].data.tolist() == [1, 2, 3] * 100
    assert walk_of(step) == ([300], [1], [1])
    step = lowered(binary("ADD", activation((1, 10, 10, 40)), small((40,)), **NONE))
    assert step.inputs[1].elements == 40


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU", "DIV"])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1, 8)])
def test_a_constant_of_one_value_makes_a_table(kind, shape):
    c = small(shape, X.scale, value=7)
    c.quant.zero_point[:] = X.zero_point
    quant = (X.scale, X.zero_point)
    attrs = NONE if kind in ("ADD", "SUB", "MUL", "DIV") else {}
    assert lowered(binary(kind, X, c, out_quant=quant, **attrs)).name == "LUT"
    if kind != "PRELU" or shape:
        assert lowered(Operator(kind, [c, X] if kind != "PRELU" else [X, c], [activation(X.shape, *quant)], dict(attrs))).name == "LUT"


def test_the_same_tensor_twice_makes_a_table():
    for kind, attrs in (("MUL", NONE), ("ADD", NONE), ("SQUARED_DIFFERENCE", {})):
        assert lowered(binary(kind, X, X, **attrs)).name == "LUT"


def test_sums_and_products_need_no_requantization():
    sizes = {"ADD": 24, "SUB": 24, "MUL": 28}
    for kind, size in sizes.items():
        step = lowered(binary(kind, activation(X.shape, 0.0731), activation((8,), 0.0294, 11, "b"), out_quant=(0.0617, -9), **NONE))
        assert len(step.data) == size


@pytest.mark.parametrize("kind, sign", [("ADD", 1), ("SUB", -1), ("SQUARED_DIFFERENCE", -1)])
def test_sums_without_a_plane_come_with_tables(kind, sign):
    """Scales of so few digits that many sums lie halfway between two bytes; squares have no plane at all."""
    a, b = activation(X.shape, 0.05, -3), activation((8,), 0.031, 7, "b")
    step = lowered(binary(kind, a, b, out_quant=(0.09, 4), **(NONE if kind != "SQUARED_DIFFERENCE" else {})))
    scaled = np.frombuffer(step.data, "<i4").reshape(2, 256)
    unit = 1 << (7 if kind == "SQUARED_DIFFERENCE" else 20)
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(int)  # in the order in which bytes index them
    wanted = np.array([(values + 3) / 2, sign * (values - 7) * 0.031 / 0.1]) * unit
    assert np.abs(scaled - wanted).max() < 1 + unit / 1e4


@pytest.mark.parametrize(
    "shape, axes, kept, reduced",
    [
        ((1, 7, 7, 16), [1, 2], ([16], [1]), ([49], [16])),
        ((1, 7, 7, 16), [-1], ([49], [16]), ([16], [1])),
        ((2, 7, 5, 3), [1], ([2, 15], [105, 1]), ([7], [15])),
        ((2, 3, 4, 5), [0, 2], ([3, 5], [20, 1]), ([2, 4], [60, 5])),
        ((2, 3), [1, 1, -1], ([2], [3]), ([3], [1])),
    ],
)
def test_reduced_axes_are_joined(shape, axes, kept, reduced):
    x = activation(shape)
    out = tuple(n for i, n in enumerate(shape) if i not in {axis % len(shape) for axis in axes})
    step = lowered(Operator("MEAN", [x, constant(np.array(axes, np.int32))], [activation(out, 0.1, 2)], {"keep_dims": False}))
    params = params_of(step)
    for name, (sizes, strides) in (("kept", kept), ("reduced", reduced)):
        assert params[name] == (1,) * (3 - len(sizes)) + tuple(sizes)
        assert params[f"{name}_strides"] == (0,) * (3 - len(sizes)) + tuple(strides)


def axis_of(value):
    return constant(np.array(value, np.int32))


MISFITS = [
    (lambda: binary("MUL", X, activation((1, 4, 3, 8), name="b"), X.shape, **NONE), "do not make"),
    (lambda: binary("SUB", X, activation((8,), dtype="uint8", name="b"), **NONE), "input 1 is uint8"),
    (lambda: binary("SUB", activation((4, 8), 1.0), activation((8,), 1.0, name="b"), out_quant=(1e-6, 0), **NONE), "too small beside"),
    (lambda: binary("MAXIMUM", X, activation(X.shape, 0.3, name="b")), "does not rescale"),
    (lambda: binary("DIV", X, activation(X.shape, name="b"), **NONE), "only a constant of one value"),
    (lambda: binary("MUL", activation((2, 1, 3, 1, 5, 1)), activation((1, 4, 1, 6, 1, 7), name="b"), **NONE), "at most 5"),
    (lambda: binary("LESS", X, X), "compares int8 with int8 to make int8"),
    (lambda: Operator("LESS", [X, integers(X.shape)], [Tensor("y", X.shape, "bool")]), "compares int8 with int32"),
    (lambda: Operator("EQUAL", [Tensor("a", (3,), "int16"), Tensor("b", (3,), "int16")], [Tensor("y", (3,), "bool")]), "are int16"),
    (lambda: Operator("LOGICAL_AND", [X, X], [Tensor("y", X.shape, "bool")]), "expected bool"),
    (lambda: Operator("ADD", [integers((3,)), X], [integers((3,), "y")], NONE), "int32 throughout"),
    (lambda: Operator("FLOOR_DIV", [integers((3,)), axis_of([1, 0, 2])], [integers((3,), "y")]), "divides by a constant 0"),
    (lambda: Operator("ADD", [integers((3,)), integers((3,))], [integers((3,), "y")], {"fused_activation": "TANH"}), "TANH"),
    (lambda: Operator("SELECT_V2", [X, X, X], [X]), "expected bool and twice"),
    (lambda: Operator("SELECT_V2", [Tensor("c", (8,), "bool"), X, activation(X.shape, 0.3)], [activation(X.shape)]), "does not rescale"),
    (lambda: Operator("MEAN", [X, axis_of([4])], [activation((1,))], {"keep_dims": True}), "axis 4 lies outside"),
    (lambda: Operator("SUM", [X, axis_of([1])], [activation((1, 4, 4))], {"keep_dims": False}), "elements, expected 32"),
    (lambda: Operator("SUM", [X, integers((1,))], [activation((1, 4, 8))], {"keep_dims": False}), "axes must be constant"),
    (lambda: Operator("REDUCE_MAX", [X, axis_of([1])], [activation((1, 4, 8), 0.3)], {"keep_dims": False}), "does not rescale"),
    (lambda: Operator("REDUCE_ANY", [X, axis_of([1])], [activation((1, 4, 8))], {"keep_dims": False}), "only bool"),
    (lambda: Operator("ARG_MAX", [X, axis_of([1, 2])], [integers((1, 8), "y")]), "has 2 axes"),
    (lambda: Operator("ARG_MAX", [X, axis_of(1)], [activation((1, 4, 8))]), "makes int8 indices"),
    (lambda: Operator("ARG_MAX", [activation((3, 4), dtype="uint8"), axis_of(1)], [integers((3,), "y")]), "input is uint8"),
    (lambda: elementwise("LOG_SOFTMAX", X), "1/16 and 127"),
    (lambda: elementwise("LOG_SOFTMAX", activation((1, 5000)), (1 / 16, 127)), "more than 4095"),
    (lambda: elementwise("TANH", X), "1/128 and 0"),
    (lambda: elementwise("HARD_SWISH", X, (1e-6, 0)), "too small beside"),
    (lambda: elementwise("LEAKY_RELU", X, alpha=-0.5), "slopes from 0 up"),
    (lambda: Operator("CUMSUM", [X, axis_of(1)], [activation(X.shape, 1e-9)], {"exclusive": 0, "reverse": 0}), "too small beside"),
    (lambda: Operator("ADD_N", [X, activation(X.shape, 0.3, name="b")], [activation(X.shape, 0.4, name="y")]), "quantized differently"),
]  # fmt: skip


@pytest.mark.parametrize("make, sentence", MISFITS)
def test_misfits_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(LinnetError, match=sentence):
        lowered(make())


def damages(params):
    """(field, value) for every field, and every element of an array, with the values that hurt most."""
    for field, old in params.items():
        for value in (0, 1, 2, 3, 255, -1, 127, -32768, 65535, 1 << 24, (1 << 31) - 1, (1 << 32) - 1):
            if not isinstance(old, tuple):
                yield field, value
            else:
                yield field, [value] * len(old)
                yield from ((field, [*old[:i], value, *old[i + 1 :]]) for i in range(len(old)))


@pytest.mark.parametrize("kernel", KERNELS)
def test_hostile_params_are_refused_or_harmless(kernel, tflite_file):
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused, ran, statuses = 0, 0, set()
    for name in KERNELS[kernel]:
        for number, (_, model, _) in enumerate(record.recorded(record.VECTORS / f"{name}.npz")):
            graph = run_all(read_tflite(tflite_file(model)))
            packed = assemble(lower(graph), graph.inputs, graph.outputs)
            row = packed.blob.operators[0]
            if number % 5 or fields.OPERATORS[row.code][0] != kernel:
                continue
            for field, value in damages(fields.OPERATORS[row.code][1].unpack(row.params)):
                blob = make_blobs.Damaged(packed)
                try:
                    blob.params(0, **{field: value})
                except Exception as error:
                    assert "format" in str(error) or "range" in str(error), error
                    continue
                try:
                    opened = Model(blobs.with_crc(bytes(blob.data)))
                except LinnetError as error:
                    refused += 1
                    statuses |= {status for status in ("PARAMS", "OPERANDS", "DATA") if status in str(error)}
                    continue
                opened.predict([np.full(t.shape, 100).astype(t.dtype) for t in graph.inputs])
                ran += 1
    assert refused > 20 and ran > 0 and statuses & {"PARAMS", "OPERANDS"}


@pytest.mark.parametrize("name", ["sub", "squared_difference", "mul", "prelu", "compare", "log_softmax"])
def test_hostile_data_are_refused_or_harmless(name, tflite_file):
    random, tried = np.random.default_rng(1), 0
    for _, model, _ in record.recorded(record.VECTORS / f"{name}.npz"):
        graph = run_all(read_tflite(tflite_file(model)))
        packed = assemble(lower(graph), graph.inputs, graph.outputs)
        n = packed.blob.operators[0].data_bytes
        for trial in range(4 if n else 0):
            blob = make_blobs.Damaged(packed)
            noise = [255] * n if trial == 0 else random.integers(0, 256, n).tolist()
            at, count = (0, n) if trial < 2 else (int(random.integers(0, n)), 1)
            blob.constant(0, at, f"{count}B", *noise[:count])
            tried += 1
            try:
                opened = Model(blobs.with_crc(bytes(blob.data)))
            except LinnetError:
                continue
            opened.predict([random.integers(-128, 128, t.shape).astype(t.dtype) for t in graph.inputs])
    assert tried > 20
