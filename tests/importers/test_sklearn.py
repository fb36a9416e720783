"""scikit-learn estimators: the Graph gives what predict_proba or predict gives, and int8 agrees on nearly every sample."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import linnet
from linnet.errors import LinnetError
from linnet.importers.sklearn import classes, read_sklearn
from linnet.passes import run_all
from linnet.quantizer.runner import Runner

DIGITS = load_digits(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
CLASSIFIERS = {
    "logistic": LogisticRegression(max_iter=300),
    "scaled-logistic": make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=300)),
    "scaled-mlp": make_pipeline(MinMaxScaler(), MLPClassifier(hidden_layer_sizes=(24, 16), max_iter=40, random_state=1)),
    "tanh-mlp": MLPClassifier(hidden_layer_sizes=(16,), activation="tanh", max_iter=40, random_state=1),
    "logistic-mlp": MLPClassifier(hidden_layer_sizes=(16,), activation="logistic", max_iter=40, random_state=1),
    "pca": make_pipeline(PCA(20, random_state=1), StandardScaler(), LogisticRegression(max_iter=300)),
}
REGRESSORS = {
    "linear": LinearRegression(),
    "scaled-mlp": make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(16,), max_iter=80, random_state=1)),
}


def fitted(estimator, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that more iterations would fit better
        return estimator.fit(x, y)


def outputs(graph, x):
    return Runner(run_all(graph)).outputs([[row[None].astype(np.float32)] for row in x])[0].reshape(len(x), -1)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name):
    x, y = DIGITS
    estimator = fitted(CLASSIFIERS[name], x[:600], y[:600])
    np.testing.assert_allclose(outputs(read_sklearn(estimator), x[600:700]), estimator.predict_proba(x[600:700]), atol=2e-5)
    packed = linnet.quantize(read_sklearn(estimator), x[:100].astype(np.float32)).packed
    model = linnet.Model(packed.data)
    guesses = [int(model.predict([row.astype(np.float32)])[0].argmax()) for row in x[600:900]]
    assert np.mean(guesses == estimator.predict(x[600:900])) > 0.96
    assert classes(estimator) == [str(i) for i in range(10)]


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name):
    x, y = DIABETES
    estimator = fitted(REGRESSORS[name], x[:300], y[:300])
    wanted = estimator.predict(x[300:])
    np.testing.assert_allclose(outputs(read_sklearn(estimator), x[300:])[:, 0], wanted, rtol=1e-4)
    assert classes(estimator) == []


def test_a_binary_classifier_gives_the_second_class():
    x, y = DIGITS
    estimator = fitted(LogisticRegression(max_iter=300), x[:300], y[:300] % 2)
    np.testing.assert_allclose(outputs(read_sklearn(estimator), x[:50])[:, 0], estimator.predict_proba(x[:50])[:, 1], atol=1e-5)
    assert classes(estimator) == []


def test_what_is_not_supported_is_named():
    with pytest.raises(LinnetError, match="RandomForestClassifier is not supported; supported are Pipeline, StandardScaler"):
        read_sklearn(RandomForestClassifier())
    with pytest.raises(LinnetError, match="LogisticRegression is not fitted; call fit before"):
        read_sklearn(LogisticRegression())
    with pytest.raises(LinnetError, match="StandardScaler has no layer of its own"):
        read_sklearn(StandardScaler().fit(DIGITS[0]))
