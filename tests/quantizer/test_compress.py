"""Weights of four bits and of half a float: which layers have them, what they cost, and that what runs is what was weighed."""

import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from float_graphs import image_graph

from linnet import Model, fields
from linnet.cli import linnet as command_line
from linnet.errors import LinnetError
from linnet.operators import int4
from linnet.packer import pack_graph
from linnet.quantizer import Options, quantize, quantize_graph
from linnet.quantizer.account import account
from linnet.quantizer.calibration import Calibration
from linnet.quantizer.compress import INT4_MAX, _errors, _fitted, narrow, narrow_weights, to_float16
from linnet.quantizer.convert import quantizations, to_int8
from linnet.quantizer.runner import Runner, sqnr_db
from linnet.quantizer.scheme import Groups

PLAIN = {"method": "minmax", "equalize": False, "correct_bias": False}
KWS_SCALE, KWS_ZERO_POINT = 0.5847029, 83  # of the recordings


def quantized(samples, **options):
    return quantize_graph(image_graph, samples, Options(**PLAIN | options))


def kept_in(made, samples):
    """{kind and shape of the weights: what they are kept in} of every layer."""
    layers = {layer.output.name: layer.weights.shape for layer in made.layers}
    return {(row.kind, layers[row.layer]): row.kept_in for row in account(made, samples) if row.kept_in}


def test_dense_and_pointwise_layers_are_narrowed(samples):
    made = quantized(samples, weights="int4")
    assert kept_in(made, samples) == {
        ("CONV_2D", (8, 3, 3, 3)): "int8",
        ("DEPTHWISE_CONV_2D", (1, 3, 3, 8)): "int8",
        ("CONV_2D", (12, 1, 1, 8)): "int4",
        ("FULLY_CONNECTED", (5, 12)): "int4",
    }
    narrow = [layer.quantized.data for layer in made.layers if layer.quantized.is_int4]
    assert all(-INT4_MAX <= data.min() and data.max() <= INT4_MAX for data in narrow)
    packed = pack_graph(made.graph, Path("image"), drop_constants=False)
    assert [operator.code for operator in packed.blob.operators].count(int4.CODE) == 2 and packed.blob.groups == ["math", "int4"]


def test_outputs_are_those_of_the_same_weights_in_bytes(samples):
    graph = quantized(samples, weights="int4").graph
    wide = deepcopy(graph)
    for op in wide.operators:
        if op.kind in ("CONV_2D", "FULLY_CONNECTED"):
            op.inputs[1].is_int4 = False
    narrow, in_bytes = Runner(graph), Runner(wide)
    assert narrow.constant_bytes < in_bytes.constant_bytes
    assert np.array_equal(narrow.outputs(samples)[0], in_bytes.outputs(samples)[0])


def test_four_bits_cost_something_and_not_too_much(samples):
    unseen = [[x[0][:, ::-1].copy()] for x in samples]
    wanted = Runner(image_graph()).outputs(unseen)[0]
    db = {form: sqnr_db(wanted, Runner(quantized(samples, weights=form).graph).outputs(unseen)[0]) for form in ("int8", "int4")}
    assert 15 < db["int4"] < db["int8"]


def test_fitted_weights_are_never_worse_than_the_nearest():
    random = np.random.default_rng(1)
    for k in (3, 16, 50):
        x = random.normal(0, 1, (200, k)) @ random.normal(0, 1, (k, k))
        rows = random.standard_t(3, (7, k))
        gram = x.T @ x / len(x)
        scales = np.abs(rows).max(axis=1) / INT4_MAX
        nearest = _errors(rows, scales, np.rint(rows / scales[:, None]), gram)
        found = _fitted(rows, gram, False)
        assert found[1].dtype == np.int8 and np.abs(found[1]).max() <= INT4_MAX
        errors = _errors(rows, *found, gram)
        assert np.all(errors <= nearest * (1 + 1e-6)) and errors.sum() < 0.8 * nearest.sum()


def test_scales_are_powers_of_two_where_asked_for(samples):
    for layer in quantized(samples, weights="int4", scales="power-of-two").layers:
        exponents = np.log2(layer.quantized.quant.scale)
        assert np.array_equal(exponents, np.rint(exponents)), layer.real


def test_a_channel_of_zeros_stays_one(samples):
    def graph():
        made = image_graph()
        made.operators[2].inputs[1].data[3] = 0
        return made

    layer = quantize_graph(graph, samples, Options(**PLAIN, weights="int4")).layers[2]
    assert layer.quantized.is_int4 and not layer.quantized.data[3].any()


def test_beside_int16_activations_weights_keep_their_bytes(samples):
    """Their kernels have none of four bits: narrower weights would only cost."""
    graph = image_graph()
    groups = Groups(graph)
    calibration = Calibration(Runner(graph), groups, samples, products=True)
    ranges = calibration.ranges("minmax")
    pointwise = groups.of(graph.operators[2].outputs[0])
    wide = groups.wide_quantizations([pointwise], ranges, False)
    made, layers, _ = to_int8(graph, groups, quantizations(groups, ranges), wide)
    narrow(layers, narrow_weights(graph, calibration.moments))
    assert [layer.kept_in for layer in layers] == ["int8", "int8", "int8", "int4"]
    assert sqnr_db(Runner(graph).outputs(samples)[0], Runner(made).outputs(samples)[0]) > 15


def test_large_biases_fit(samples):
    """A bias that an int32 at the accumulators' scale does not hold makes the scale larger, and the weights smaller."""

    def graph():
        made = image_graph()
        made.operators[4].inputs[2].data[:] = [1e9, 0, 0, 0, 0]
        return made

    layer = quantize_graph(graph, samples, Options(**PLAIN, weights="int4")).layers[3]
    bias = layer.int8.inputs[2]
    assert np.isclose(bias.data[0] * float(layer.int8.inputs[0].scale) * layer.quantized.quant.scale[0], 1e9, rtol=1e-3)


def test_float16_is_the_float_model_with_rounded_weights(samples):
    made = quantized(samples, weights="float16")
    rounded = image_graph()
    for op in rounded.operators:
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            op.inputs[1].data = op.inputs[1].data.astype(np.float16).astype(np.float32)
    assert np.array_equal(Runner(made.graph).outputs(samples)[0], Runner(rounded).outputs(samples)[0])
    assert made.sqnr_db > 50 and set(kept_in(made, samples).values()) == {"float16"}
    halves = 2 * sum(layer.weights.size for layer in made.layers)
    assert 0 <= Runner(rounded).constant_bytes - Runner(made.graph).constant_bytes - halves < 16 * len(made.layers)


def test_float16_overflow_is_named():
    graph = image_graph()
    graph.operators[2].inputs[1].data[0] = 1e5
    with pytest.raises(LinnetError, match='CONV_2D "conv_2d2": weights go beyond 65504, the most that float16 holds; keep float32'):
        to_float16(graph)


def test_an_unknown_form_is_named(samples):
    with pytest.raises(LinnetError, match='no form of weights "int2": there are int8, int4, float16'):
        quantized(samples, weights="int2")


def test_keywords_by_command(shared, tmp_path):
    """MLPerf's keyword network: 4 pointwise layers and a dense one. In int8 it takes 30,032 bytes; the float model has 360 right."""
    with np.load(shared("data/kws_mfcc_500.npz")) as file:
        x, y = (file["x"].astype(np.float32) - KWS_ZERO_POINT) * np.float32(KWS_SCALE), file["y"]
    x = x.reshape(-1, 49, 10, 1)
    np.save(tmp_path / "calib.npy", x[:100])
    np.savez(tmp_path / "rest.npz", x=x[100:], y=y[100:])
    model, made = shared("models/kws_ref_model_float32.tflite"), tmp_path / "kws.linnet"
    arguments = [model, "--calib", tmp_path / "calib.npy", "--eval", tmp_path / "rest.npz", "-o", made]
    options = ["--weights", "int4", "--method", "mse", "--no-equalize"]
    done = CliRunner().invoke(command_line, ["quantize", *map(str, arguments), *options])
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    assert "weights of dense and 1x1 layers in int4" in text
    right = [int(n) for n in re.findall(r"(\d+) of 400 right", text)]  # in int4, and in float
    assert len(right) == 2 and 360 in right and min(right) >= 352
    assert made.stat().st_size <= 21_600 and Model(made).selftest() == 2


@pytest.mark.parametrize("form, most_bytes, least_db", [("int4", 150_000, 32), ("float16", 542_000, 60)])
def test_machine_sounds(shared, form, most_bytes, least_db):
    """MLPerf's autoencoder, all of it dense. In int8 it takes 281,760 bytes."""
    frames = np.fromfile(shared("data/ad_normal_id_01_hist.bin"), "<f4").reshape(-1, 128)
    windows = np.stack([frames[i : i + 5].ravel() for i in range(len(frames) - 4)])
    options = Options(method="percentile", equalize=False, weights=form)
    made = quantize(shared("models/ad01_fp32.tflite"), windows[:100], windows[104:], options)
    assert made.evaluation.sqnr_db > least_db and len(made.packed.data) <= most_bytes
    weights = [fields.weights_bytes(op.code, fields.OPERATORS[op.code][1].unpack(op.params)) for op in made.packed.blob.operators]
    assert sum(weights) == {"int4": 4, "float16": 16}[form] * 264_192 // 8
