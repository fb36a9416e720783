"""From float to int8: the error stays small, each help helps, and what cannot be used is named."""

import numpy as np
import pytest
from float_graphs import image_graph

from linnet.errors import LinnetError
from linnet.quantizer import Options, quantize, quantize_graph, search
from linnet.quantizer.account import account, weights_db
from linnet.quantizer.equalize import equalize
from linnet.quantizer.ranges import METHODS
from linnet.quantizer.runner import Runner, sqnr_db

PLAIN = {"equalize": False, "correct_bias": False}


def quantized(samples, **options):
    return quantize_graph(image_graph, samples, Options(**options))


def test_int8_is_close_to_float(samples):
    made = quantized(samples)
    assert made.sqnr_db > 30
    unseen = [[x[0][:, ::-1].copy()] for x in samples]
    real, int8 = Runner(image_graph()).outputs(unseen)[0], Runner(made.graph).outputs(unseen)[0]
    assert sqnr_db(real, int8) > 25


def test_auto_is_the_best_of_what_was_tried(samples):
    made = quantized(samples)
    assert len(made.tried) == 2 * 2 * len(METHODS)
    assert made.sqnr_db >= quantized(samples, method="minmax", **PLAIN).sqnr_db


def test_bias_correction_and_rounding_help(samples):
    plain = quantized(samples, method="minmax", **PLAIN).sqnr_db
    assert quantized(samples, method="minmax", equalize=False, correct_bias=True).sqnr_db > plain
    assert quantized(samples, method="minmax", equalize=False, correct_bias=True, rounding="optimized").sqnr_db > plain


def test_equalization_changes_weights_and_not_results(samples):
    graph, wanted = image_graph(spread=2.0), Runner(image_graph(spread=2.0)).outputs(samples)[0]
    before = graph.operators[1].inputs[1].data.copy()
    assert equalize(graph) == 2
    assert not np.allclose(before, graph.operators[1].inputs[1].data)
    np.testing.assert_allclose(Runner(graph).outputs(samples)[0], wanted, atol=1e-4)


def test_every_operator_is_accounted_for(samples):
    made = quantized(samples, method="minmax", **PLAIN)
    rows = account(made, samples)
    assert [row.kind for row in rows] == [op.kind for op in made.graph.operators]
    assert all((row.weights_db is not None) == (row.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")) for row in rows)
    assert all(15 < row.activations_db < 80 for row in rows)


def test_the_same_arguments_give_the_same_model(samples):
    first, second = (quantized(samples, method="mse", equalize=True, correct_bias=True, rounding="optimized") for _ in range(2))
    for a, b in zip(first.layers, second.layers):
        assert np.array_equal(a.quantized.data, b.quantized.data)


def test_stochastic_rounding_goes_by_its_seed(samples):
    first, again, other = (quantized(samples, rounding="stochastic", seed=seed, method="minmax", **PLAIN) for seed in (1, 1, 2))
    nearest = quantized(samples, method="minmax", **PLAIN)
    for a, b, c, d in zip(first.layers, again.layers, other.layers, nearest.layers):
        assert np.array_equal(a.quantized.data, b.quantized.data)
        assert not np.array_equal(a.quantized.data, c.quantized.data) and not np.array_equal(a.quantized.data, d.quantized.data)
        assert np.abs(a.quantized.data.astype(int) - d.quantized.data).max() == 1
    assert first.sqnr_db > 20 and first.choices["rounding"] == "stochastic"


def test_scales_that_are_powers_of_two(samples):
    made, real = (quantized(samples, scales=scales, method="minmax", **PLAIN) for scales in ("power-of-two", "real"))
    tensors = [tensor for op in made.graph.operators for tensor in op.inputs + op.outputs if tensor is not None and tensor.quant]
    logs = np.log2(np.concatenate([np.float64(tensor.quant.scale) for tensor in tensors]))
    assert len(logs) > 30 and np.array_equal(logs, np.rint(logs))
    for a, b in zip(made.pairs.values(), real.pairs.values()):
        assert 1 - 1e-6 <= a.scale / b.scale < 2.001  # nothing that fitted is cut off
    losses = [weights_db(a) - weights_db(b) for a, b in zip(made.layers, real.layers)]
    assert -6.1 < np.mean(losses) < 0 and made.sqnr_db > 20


def test_the_search_tries_the_best_on_all_samples(samples):
    made = quantized(samples)
    plain = {tuple(choices.items()): score for choices, score in made.tried}
    assert len(plain) == len(made.tried) and made.choices in [choices for choices, _ in made.tried]
    wanted = Runner(image_graph()).outputs(samples)
    assert made.sqnr_db == pytest.approx(sqnr_db(wanted[0], Runner(made.graph).outputs(samples)[0]))


def test_ranges_that_an_operator_does_not_take_are_passed_over(samples, monkeypatch):
    least = quantized(samples, method="minmax", **PLAIN).graph.inputs[0].scale
    real = search.Search.score

    def score(self, graph, n=None):
        if graph.inputs[0].scale < least:
            raise LinnetError("image: the scale is too small")
        return real(self, graph, n)

    monkeypatch.setattr(search.Search, "score", score)
    made = quantized(samples, **PLAIN)
    assert made.graph.inputs[0].scale >= least and float("-inf") in [score for _, score in made.tried]
    with pytest.raises(LinnetError, match="image: the scale is too small"):
        quantized(samples, method="mse", **PLAIN)


def test_an_unknown_method_is_named(samples):
    with pytest.raises(LinnetError, match='no calibration method "median": there are auto, minmax'):
        quantized(samples, method="median")


@pytest.mark.parametrize("options", [{"rounding": "up"}, {"scales": "decimal"}])
def test_an_unknown_rounding_or_scale_is_named(samples, options):
    (value,) = options.values()
    with pytest.raises(LinnetError, match=f'no .* "{value}": there are (nearest|real), '):
        quantized(samples, **options)


def test_quantized_models_are_sent_to_pack(shared):
    with pytest.raises(LinnetError, match="is quantized already; linnet pack takes it as it is"):
        quantize(shared("models/kws_ref_model.tflite"), np.zeros((20, 49, 10, 1)))


def test_a_wrong_shape_is_named(shared, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((20, 48, 10, 1), np.float32))
    with pytest.raises(LinnetError, match=r"x\.npy: the model takes float32 \(1, 49, 10, 1\), the file holds float32 \(20, 48, 10, 1\)"):
        quantize(shared("models/kws_ref_model_float32.tflite"), tmp_path / "x.npy")


def test_channels_that_packing_takes_out_are_accounted_for(samples):
    graph = image_graph()
    weights, bias = graph.operators[0].inputs[1:]
    weights.data[3], bias.data[3] = 0, 0
    result = quantize(graph, np.concatenate([x for x, in samples]), options=Options(method="minmax", **PLAIN))
    assert {row.kind for row in result.rows} >= {"CONV_2D", "FULLY_CONNECTED"}
    shapes = [tensor.shape for tensor in result.packed.tensors]
    assert (1, 8, 8, 7) in shapes and result.quantized.layers[0].quantized.shape == (8, 3, 3, 3)
