"""Operators on float32: what is refused and how, float16 and int8 weights, functions against double precision, hostile records."""

import re

import cases
import numpy as np
import pytest
import record
from click.testing import CliRunner
from graphs import constant, quant, window_attrs
from test_importer import BIAS, WEIGHTS, conv_model, refusal

from linnet import blob as blobs
from linnet import fields
from linnet.cli import linnet
from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Step, Tensor
from linnet.importers.tflite import read_tflite
from linnet.inspect import describe
from linnet.lower import lower
from linnet.model import Model
from linnet.nearly import differ
from linnet.operators.float32.operands import FLOAT_MAX
from linnet.operators.float32.unary import MODES
from linnet.packer import assemble, pack_model
from linnet.passes import fold_dequantize, run_all


def real(name, shape, dtype="float32"):
    return Tensor(name, tuple(shape), dtype)


def float_conv(**kwargs):
    return conv_model(x="float32", y="float32", bias=BIAS.astype(np.float32), **kwargs)


def conv(weights, bias=None, fused="NONE", x_shape=(1, 5, 5, 2)):
    """A 3x3 CONV_2D alone. weights, bias: tensors."""
    x, y = real("x", x_shape), real("y", (1, 3, 3, weights.shape[0]))
    attrs = window_attrs(dilation_h=1, dilation_w=1, fused_activation=fused)
    return Graph("test", [x], [y], [Operator("CONV_2D", [x, weights, bias], [y], attrs)])


def weights_of(dtype="float32", shape=(4, 3, 3, 2), seed=1):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(dtype)


def run(graph, *inputs):
    graph = run_all(graph)
    return Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict(list(inputs))


def unary(mode, x, low=0.0, high=0.0):
    """UNARY_FLOAT32 on an array."""
    a, b = real("x", x.shape), real("y", x.shape)
    params = fields.OPERATORS[325][1].pack(n=x.size, mode=mode, low=low, high=high)
    return Model(assemble([Step(325, "UNARY", [a], [b], params, b"", 0, [None])], [a], [b]).data).predict([x])[0]


def binary(kind, x, y):
    """BINARY_FLOAT32 on two vectors."""
    compares = kind not in ("ADD", "MAXIMUM", "MINIMUM", "PRELU")
    a, b, c = real("x", x.shape), real("y", y.shape), real("z", x.shape, "bool" if compares else "float32")
    graph = Graph("test", [a, b], [c], [Operator(kind, [a, b], [c], {"fused_activation": "RELU6"} if kind == "ADD" else {})])
    return Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict([x, y])[0]


# Who asks for it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights, what", [(WEIGHTS.astype(np.float32), "quantize the model to int8 first"), (WEIGHTS, "dynamic-range")])
def test_layers_are_refused_unless_allowed(weights, what, tflite_file):
    scales = None if weights.dtype == np.float32 else [0.01] * len(weights)
    path = tflite_file(float_conv(weights=weights, scales=scales))
    message = refusal(path)
    assert what in message and message.endswith("or pack it as it is with --allow-float: slow on a board without an FPU")
    packed = pack_model(path, allow_float=True)
    assert [row.name for row in packed.blob.operators] == ["CONV_2D_FLOAT32"]


def test_pack_has_an_option(tflite_file, tmp_path):
    path, output = tflite_file(float_conv(weights=WEIGHTS.astype(np.float32), scales=None)), tmp_path / "out.linnet"
    with pytest.raises(LinnetError, match="--allow-float"):
        CliRunner().invoke(linnet, ["pack", str(path), "-o", str(output)], catch_exceptions=False)
    CliRunner().invoke(linnet, ["pack", str(path), "-o", str(output), "--allow-float"], catch_exceptions=False)
    (operator,) = describe(output)["operators"]
    assert operator["macs"] == 4 * 8 * WEIGHTS.size and Model(output).selftest() == 2


@pytest.mark.parametrize("name", ["tanh_float32", "add_float32", "softmax_float32", "reduce_float32"])
def test_what_has_no_weights_needs_no_option(name, tflite_file):
    _, model, _ = next(record.recorded(record.VECTORS / f"{name}.npz"))
    assert lower(run_all(read_tflite(tflite_file(model))))


def not_finite():
    weights = weights_of()
    weights[0, 0, 0, 0] = np.inf
    return constant(weights, name="w")


REFUSALS = {
    "weights must be constant": lambda: conv(real("w", (4, 3, 3, 2))),
    "weights are int16, supported are float32, float16, int8": lambda: conv(constant(weights_of("int16"), name="w")),
    "weights are not all finite": lambda: conv(not_finite()),
    '"b" is int32, supported there is float32': lambda: conv(constant(weights_of(), name="w"), constant(np.zeros(4, np.int32), name="b")),
    "bias has 3 elements, expected 4": lambda: conv(constant(weights_of(), name="w"), constant(np.zeros(3, np.float32), name="b")),
    "has the fused activation TANH, supported are NONE": lambda: conv(constant(weights_of(), name="w"), fused="TANH"),
    "do not fit 3 input": lambda: conv(constant(weights_of(), name="w"), x_shape=(1, 5, 5, 3)),
    '"y" is int8, supported there is float32': lambda: mixed_sum("float32", "int8"),
    '"h" is float16, which only weights may be': lambda: mixed_sum("float16", "float32"),
}


def mixed_sum(dtype, out_dtype):
    x, y = real("x", (4,)), real("y", (4,), out_dtype)
    op = Operator("ADD", [x, constant(np.ones(4, dtype), name="h")], [y], {"fused_activation": "NONE"})
    return Graph("test", [x], [y], [op])


@pytest.mark.parametrize("message", REFUSALS)
def test_misfits_are_named(message):
    with pytest.raises(LinnetError, match=re.escape(message)):
        lower(run_all(REFUSALS[message]()))


# Weights -----------------------------------------------------------------------------------------------------------


def halves_graph(weights, bias):
    """What a converter makes of a float16 layer: DEQUANTIZE before both constants."""
    graph = conv(real("w32", weights.shape), real("b32", bias.shape))
    folded = [(constant(weights, name="w"), graph.operators[0].inputs[1]), (constant(bias, name="b"), graph.operators[0].inputs[2])]
    graph.operators[:0] = [Operator("DEQUANTIZE", [narrow], [wide]) for narrow, wide in folded]
    return graph


def test_float16_weights_stay_so_and_are_widened():
    weights, bias = weights_of("float16"), weights_of("float16", (4,), 2)
    weights.flat[:6] = 6e-8, -6e-8, 5.9e-5, 65504, 0.0, -0.0  # subnormal, largest, zeros
    x = np.random.default_rng(3).normal(0, 1, (1, 5, 5, 2)).astype(np.float32)
    graph = halves_graph(weights, bias)
    fold_dequantize.run(graph)
    (op,) = graph.operators
    assert [t.dtype for t in op.inputs] == ["float32", "float16", "float32"]
    (step,) = lower(run_all(graph))
    assert len(step.data) == 4 * 4 + 2 * weights.size
    wide = conv(constant(weights.astype(np.float32), name="w"), constant(bias.astype(np.float32), name="b"))
    assert run(graph, x)[0].tobytes() == run(wide, x)[0].tobytes()


@pytest.mark.parametrize("channels", [1, 4])
def test_every_half_is_widened(channels):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    n = len(halves)
    x, y = real("x", (1, 1)), real("y", (1, n))
    params = fields.OPERATORS[322][1].pack(
        rows=1, in_n=1, out_n=n, act_min=-FLOAT_MAX, act_max=FLOAT_MAX, groups=1, weights=1
    )
    data = bytes(4 * n) + halves.tobytes()
    if channels == 1:  # the last one alone
        x, y, halves = real("x", (1, 1)), real("y", (1, 1)), halves[0x1234:0x1235]
        params = fields.OPERATORS[322][1].pack(rows=1, in_n=1, out_n=1, act_min=-FLOAT_MAX, act_max=FLOAT_MAX, groups=1, weights=1)
        data = bytes(4) + halves.tobytes()
    step = Step(322, "DENSE", [x], [y], params, data, 0, [None])
    got = Model(assemble([step], [x], [y]).data).predict([np.ones((1, 1), np.float32)])[0]
    with np.errstate(over="ignore"):
        wanted = np.clip(halves.astype(np.float32), -FLOAT_MAX, FLOAT_MAX)
    assert np.array_equal(got, wanted, equal_nan=True)


def test_constants_behind_dequantize_become_float32():
    data = np.array([[-3, 0, 5], [7, -128, 127]], np.int8)
    x, wide, y = real("x", (2, 3)), real("c", (2, 3)), real("y", (2, 3))
    narrow = Tensor("q", (2, 3), "int8", quant([0.1, 0.3], axis=0), data)
    add = Operator("ADD", [x, wide], [y], {"fused_activation": "NONE"})
    graph = Graph("test", [x], [y], [Operator("DEQUANTIZE", [narrow], [wide]), add])
    wanted = np.array([[0.1], [0.3]], np.float32) * data.astype(np.float32)
    assert np.array_equal(run(graph, np.zeros((2, 3), np.float32))[0], wanted.ravel())


def test_int8_weights_scale_the_sum():
    data, scales = np.random.default_rng(5).integers(-127, 128, (4, 3, 3, 2)).astype(np.int8), np.array([0.1, 0.02, 3, 1e-3], np.float32)
    bias = np.array([1, -2, 3, -4], np.float32)
    x = np.random.default_rng(6).normal(0, 1, (1, 5, 5, 2)).astype(np.float32)
    got = run(conv(constant(data, scales, name="w"), constant(bias, name="b"), "RELU"), x)[0]
    # With weights that are whole numbers the sums are the same; the scale comes after.
    sums = run(conv(constant(data.astype(np.float32), name="w")), x)[0].reshape(-1, 4)
    assert np.array_equal(got.reshape(-1, 4), np.maximum(sums * scales + bias, 0))


# Real models -------------------------------------------------------------------------------------------------------

MACS = {"ad01_fp32": 264_192, "vww_96_float": 7_489_664, "kws_ref_model_float32": 2_656_768, "pretrainedResnet": 12_501_632}


@pytest.mark.parametrize("name", MACS)
def test_real_models_are_litert_to_the_bit(name, shared):
    pytest.importorskip("ai_edge_litert")
    packed = pack_model(shared(f"models/{name}.tflite"), allow_float=True)
    operators = [(row.code, fields.OPERATORS[row.code][1].unpack(row.params)) for row in packed.blob.operators]
    assert packed.checked and sum(fields.macs(*operator) for operator in operators) == MACS[name]
    weights_bytes = sum(fields.weights_bytes(*operator) for operator in operators)
    assert 0.8 * len(packed.blob.weights) < weights_bytes < len(packed.blob.weights)


def test_verify_says_what_is_only_nearly_equal(tflite_file, tmp_path):
    pytest.importorskip("ai_edge_litert")
    for name, says in (("add_float32", "equal LiteRT's$"), ("tanh_float32", "UNARY_FLOAT32 within 4 units in the last place$")):
        _, model, _ = list(record.recorded(record.VECTORS / f"{name}.npz"))[1]
        path, output = tflite_file(model), tmp_path / f"{name}.linnet"
        output.write_bytes(pack_model(path).data)
        result = CliRunner().invoke(linnet, ["verify", str(path), str(output)], catch_exceptions=False)
        assert result.exit_code == 0 and re.search(says, " ".join(result.output.split()))


def test_nearly_is_not_anything():
    one, off = np.ones(3, np.float32), np.full(3, 1 + 5 * np.spacing(np.float32(1)), np.float32)
    assert differ(off, one, "TANH").all() and differ(off, one).all()
    assert not differ(off, one, "SOFTMAX").any() and differ(np.float32([np.nan]), np.float32([1]), "SOFTMAX").all()
    assert not differ(np.float32([np.nan]), -np.float32([np.nan])).any() and differ(np.float32([0.0]), np.float32([-0.0])).all()


# Functions ---------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "EXP": np.exp, "LOG": np.log, "TANH": np.tanh, "SIN": np.sin, "COS": np.cos, "SQRT": np.sqrt,
    "ELU": lambda x: np.where(x < 0, np.expm1(x), x), "FLOOR": np.floor, "CEIL": np.ceil, "ROUND": np.round,
}  # fmt: skip
EXACT = {"SQRT", "FLOOR", "CEIL", "ROUND"}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_functions_are_within_two_units(kind):
    bits = np.arange(0, 1 << 32, 9973, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    x = np.concatenate([x[np.isfinite(x)], np.linspace(-20, 20, 40001, dtype=np.float32)])
    if kind == "ROUND":
        x = np.concatenate([x, np.arange(-100.5, 100.5, 1, dtype=np.float32)])
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[kind](x.astype(np.float64))
        wanted = exact.astype(np.float32)
        got = unary(MODES[kind], x)
        finite = np.isfinite(wanted) & (wanted != 0)
        off = np.abs(got.astype(np.float64) - exact)[finite] / np.spacing(np.abs(wanted[finite])).astype(np.float64)
    assert off.max() <= (0.5000001 if kind in EXACT else 2), f"{off.max()} units at {x[finite][off.argmax()]}"
    assert np.array_equal(got[~finite], wanted[~finite], equal_nan=True)


def test_what_is_not_finite_is_defined():
    x = np.array([np.inf, -np.inf, np.nan, -0.0], np.float32)
    wanted = {
        "EXP": [np.inf, 0, np.nan, 1], "LOG": [np.inf, np.nan, np.nan, -np.inf], "TANH": [1, -1, np.nan, 0],
        "LOGISTIC": [1, 0, np.nan, 0.5], "ELU": [np.inf, -1, np.nan, 0], "SIN": [np.nan, np.nan, np.nan, 0],
        "COS": [np.nan, np.nan, np.nan, 1], "SQRT": [np.inf, np.nan, np.nan, 0], "FLOOR": [np.inf, -np.inf, np.nan, 0],
        "HARD_SWISH": [np.inf, np.nan, np.nan, 0],
    }  # fmt: skip
    for kind, values in wanted.items():
        assert np.array_equal(unary(MODES[kind], x), np.array(values, np.float32), equal_nan=True), kind


# Floats are compared and clamped in integers, where there is no FPU: every kind beside every other.
KINDS = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 1e-38, -1e-38, 0.5, -0.5, 6, 7, -7,
                  FLOAT_MAX, -FLOAT_MAX], np.float32)  # fmt: skip


def same(got, wanted):
    """To the bit, but for those of a NaN."""
    return np.array_equal(got, wanted, equal_nan=True) and np.array_equal(np.signbit(got)[got == 0], np.signbit(wanted)[got == 0])


@pytest.mark.parametrize("kind", ["EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"])
def test_floats_of_every_kind_are_compared(kind):
    x, y = (v.ravel() for v in np.meshgrid(KINDS, KINDS))
    assert np.array_equal(binary(kind, x, y), getattr(np, kind.lower())(x, y))


def test_floats_of_every_kind_are_selected_and_clamped():
    x, y = (v.ravel() for v in np.meshgrid(KINDS, KINDS))
    with np.errstate(all="ignore"):
        assert same(binary("MAXIMUM", x, y), np.where(x > y, x, y))
        assert same(binary("MINIMUM", x, y), np.where(x < y, x, y))
        assert same(binary("PRELU", x, y), np.where(x >= 0, x, x * y))
        total = np.where(x + y < 0, np.float32(0), x + y)
        assert same(binary("ADD", x, y), np.where(total > 6, np.float32(6), total))
        for low, high in [(0.0, np.inf), (0.0, 6.0), (-1.0, 1.0), (-0.0, FLOAT_MAX), (-np.inf, 0.0)]:
            raised = np.where(KINDS < low, np.float32(low), KINDS)
            wanted = np.where(high < raised, np.float32(high), raised)
            assert same(unary(MODES["RELU"], KINDS, low, high), wanted), (low, high)
        for slope in (0.5, -0.5):
            wanted = np.where(KINDS > 0, KINDS, KINDS * np.float32(slope))
            assert same(unary(MODES["LEAKY_RELU"], KINDS, slope), wanted), slope
        gate = np.minimum(np.maximum(KINDS + np.float32(3), np.float32(0)), np.float32(6))
        assert same(unary(MODES["HARD_SWISH"], KINDS), KINDS * gate / np.float32(6))


# Blobs -------------------------------------------------------------------------------------------------------------


def test_seeded_inputs_without_a_scale_are_not_zeros():
    model = Model(pack_bytes(conv(constant(weights_of(), name="w"))))
    (x,) = model.golden_inputs(blobs.Vector(1, None, []))
    assert set(np.unique(x * 64)) <= set(range(-128, 128)) and len(np.unique(x)) > 20


def pack_bytes(graph):
    graph = run_all(graph)
    return assemble(lower(graph), graph.inputs, graph.outputs).data


def recorded_blob(name, number=0):
    def made(tmp_path):
        _, model, _ = list(record.recorded(record.VECTORS / f"{name}.npz"))[number]
        path = tmp_path / "model.tflite"
        path.write_bytes(model)
        return pack_bytes(read_tflite(path, allow_float=True))

    return made


# operator: (the status, what its params are damaged with), one after the other
HOSTILE = {
    "conv_2d_float32": [("PARAMS", {"stride_w": 0}), ("PARAMS", {"groups": 0}), ("PARAMS", {"weights": 3}), ("DATA", {"weights": 1}),
                        ("PARAMS", {"act_min": np.nan}), ("PARAMS", {"act_min": 1.0}), ("OPERANDS", {"in_h": 60000}), ("PARAMS", {"kernel_h": 65535, "kernel_w": 65535}),
                        ("PARAMS", {"groups": 7}),
                        ("OPERANDS", {"batches": 32768, "in_h": 32768, "in_w": 32768, "in_c": 32768, "kernel_h": 1, "kernel_w": 1})],
    "depthwise_conv_2d_float32": [("PARAMS", {"kernel_h": 65535, "kernel_w": 65535}), ("PARAMS", {"groups": 2}), ("OPERANDS", {"out_h": 100}), ("DATA", {"kernel_h": 9})],
    "fully_connected_float32": [("PARAMS", {"rows": 0}), ("PARAMS", {"in_n": 1 << 25}), ("OPERANDS", {"rows": 77}), ("PARAMS", {"reserved": 1})],
    "max_pool_2d_float32": [("PARAMS", {"mode": 2}), ("PARAMS", {"pad_top": 300}), ("PARAMS", {"out_h": 4000}), ("PARAMS", {"act_max": -np.inf})],
    "add_float32": [("PARAMS", {"mode": 14}), ("OPERANDS", {"mode": 8}), ("PARAMS", {"dims": [1, 1, 1, 1, 1 << 31]}),
                    ("PARAMS", {"strides": [1 << 30] * 15}), ("PARAMS", {"dims": [0] * 5})],
    "relu_float32": [("PARAMS", {"mode": 99}), ("PARAMS", {"low": 1.0}), ("PARAMS", {"high": -1.0}), ("PARAMS", {"high": np.nan}),
                     ("OPERANDS", {"n": 0xFFFFFFFF}), ("OPERANDS", {"n": 1})],
    "softmax_float32": [("PARAMS", {"depth": 0}), ("OPERANDS", {"rows": 1 << 31, "depth": 1 << 31}), ("PARAMS", {"is_log": 2})],
    "reduce_float32": [("PARAMS", {"mode": 4}), ("PARAMS", {"kept": [0, 1, 1]}), ("PARAMS", {"reduced": [1 << 31, 1 << 31, 1 << 31]}),
                       ("PARAMS", {"kept_strides": [0xFFFFFFFF] * 3, "kept": [2, 2, 2]}), ("OPERANDS", {"kept": [1, 1, 1]})],
    "arg_max_float32": [("PARAMS", {"size": 0}), ("OPERANDS", {"size": 0xFFFFFFFF}), ("PARAMS", {"is_min": 2}),
                        ("PARAMS", {"outer": 1 << 31, "inner": 1 << 31})],
    "batch_matmul_float32": [("PARAMS", {"depth": 0}), ("PARAMS", {"batches": [1 << 31] * 3}), ("OPERANDS", {"a_row": 1 << 30, "a_step": 1 << 30}),
                             ("OPERANDS", {"depth": 0xFFFFFFFF})],
    "l2_normalization_float32": [("PARAMS", {"rows": 0}), ("OPERANDS", {"depth": 1 << 31})],
    "transpose_conv_float32": [("PARAMS", {"dilation_w": 2}), ("PARAMS", {"groups": 2}), ("OPERANDS", {"out_w": 999}), ("DATA", {"kernel_w": 9})],
    "resize_bilinear_float32": [("PARAMS", {"channels": 0}), ("PARAMS", {"in_h": 1 << 16}), ("OPERANDS", {"out_h": 99})],
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_params_are_refused(name, tmp_path):
    data = recorded_blob(name)(tmp_path)
    for status, damage in HOSTILE[name]:
        blob = blobs.decode(data)
        row = next(row for row in blob.operators if row.code >= 320)
        layout = fields.OPERATORS[row.code][1]
        row.params = layout.pack(**(layout.unpack(row.params) | damage))
        with pytest.raises(LinnetError, match=status):
            Model(blobs.encode(blob))


def test_hostile_positions_are_refused(tmp_path):
    blob = blobs.decode(recorded_blob("resize_bilinear_float32")(tmp_path))
    (row,) = blob.operators
    weights = bytearray(blob.weights)
    weights[row.data_offset : row.data_offset + 4] = b"\xff\xff\xff\xff"
    blob.weights = bytes(weights)
    with pytest.raises(LinnetError, match="DATA"):
        Model(blobs.encode(blob))


def test_every_operator_of_the_group_is_tried_with_hostile_params():
    recorded = {operator.__name__ for operator in cases.OPERATORS if operator.__name__.endswith("_float32")}
    assert set(HOSTILE) <= recorded
    assert len(HOSTILE) == sum(320 <= code < 384 for code in fields.OPERATORS)
