"""Features whose ranges are unlike: scaled in float32 before the first layer, where that saves the accuracy."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import linnet
from linnet.quantizer import Options
from linnet.quantizer.runner import Runner


def hardly_varying():
    """Three classes, told apart by features of very unlike size that vary by very unlike amounts, and their pipeline."""
    random = np.random.default_rng(1)
    y = random.integers(0, 3, 600)
    x = random.normal(0, 1, (600, 6)) + 2.5 * np.eye(6)[y] + 2.5 * np.eye(6)[y + 3]
    x = x * [1e-3, 1e-4, 0.02, 1, 40, 300] + [5, 0.2, -30, 0, 1000, -500]
    return x, y


def fitted(model, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that more iterations would fit better
        return make_pipeline(StandardScaler(), model).fit(x, y)


def right(model, x, y):
    return sum(int(model.predict([row.astype(np.float32)])[0].argmax()) == label for row, label in zip(x, y))


@pytest.mark.parametrize("model", [LogisticRegression(), MLPClassifier((16,), max_iter=150, random_state=1)])
def test_a_scaler_of_features_that_hardly_vary_costs_nothing(model):
    x, y = hardly_varying()
    pipeline = fitted(model, x[:400], y[:400])
    wanted = int(np.sum(pipeline.predict(x[400:]) == y[400:]))
    assert wanted > 180
    graph, calibration = linnet.from_sklearn(pipeline), x[:100].astype(np.float32)
    kept = linnet.quantize(graph, calibration)
    assert kept.quantized.choices["scale_inputs"]
    model = linnet.Model(kept.packed.data)
    assert model.input_dtype == ("f",) and [op.name for op in model.blob.operators][2] == "QUANTIZE"
    assert right(model, x[400:], y[400:]) >= wanted - 2
    plain = linnet.quantize(graph, calibration, options=Options(scale_inputs=False))
    assert plain.quantized.sqnr_db < kept.quantized.sqnr_db - 10
    assert right(linnet.Model(plain.packed.data), x[400:], y[400:]) < wanted - 20  # one scale for all: most is lost


def test_every_layer_is_accounted_for_behind_the_scaling():
    x, y = hardly_varying()
    result = linnet.quantize(linnet.from_sklearn(fitted(LogisticRegression(), x, y)), x[:100].astype(np.float32))
    assert [row.kind for row in result.rows] == ["QUANTIZE", "FULLY_CONNECTED", "SOFTMAX"]
    assert all(row.activations_db > 30 for row in result.rows)
    assert linnet.Model(result.packed.data).selftest() == 2


def test_real_features():
    x, y = load_wine(return_X_y=True)  # proline reaches 1680, hue varies by a tenth
    order = np.random.default_rng(2).permutation(len(x))
    x, y = x[order], y[order]
    pipeline = fitted(LogisticRegression(), x[:100], y[:100])
    model = linnet.Model(linnet.quantize(linnet.from_sklearn(pipeline), x[:100].astype(np.float32)).packed.data)
    assert model.input_dtype == ("f",)
    assert right(model, x[100:], y[100:]) >= np.sum(pipeline.predict(x[100:]) == y[100:]) - 1


def test_features_alike_stay_int8_and_either_may_be_asked_for():
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (200, 5)).astype(np.float32)
    y = x @ [1.0, -1.0, 0.5, 0.2, 0.1] > 0
    graph = linnet.from_sklearn(fitted(LogisticRegression(), x, y))
    assert linnet.Model(linnet.quantize(graph, x).packed.data).input_dtype == ("b",)
    scaled = linnet.quantize(graph, x, options=Options(scale_inputs=True))
    assert linnet.Model(scaled.packed.data).input_dtype == ("f",)
    samples = [[row[None]] for row in x]
    real, kept = (Runner(each).outputs(samples)[0] for each in (graph, scaled.quantized.real))
    np.testing.assert_allclose(real, kept, atol=1e-5)  # what scaling does, the weights undo
