"""A fitted scikit-learn estimator as a Graph: linear models and multilayer perceptrons, alone or behind scalers in a Pipeline.

Needs no scikit-learn: it reads the attributes that a fitted estimator has. What comes out is what predict_proba gives (for a
binary classifier the second class's probability), or predict for a regressor.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor

ACTIVATIONS = {"identity": None, "relu": "RELU", "tanh": "TANH", "logistic": "LOGISTIC", "softmax": "SOFTMAX"}
KNOWN = "Pipeline, StandardScaler, MinMaxScaler, PCA, LinearRegression, Ridge, LogisticRegression, MLPClassifier and MLPRegressor"


def read_sklearn(estimator, name="model"):
    """The Graph of a fitted estimator; its one input is (1, features) float32. LinnetError names what is not supported."""
    steps = [step for _, step in estimator.steps] if hasattr(estimator, "steps") else [estimator]
    layers, shift, factor = [], 0.0, 1.0  # what scalers have done so far: x * factor + shift, before the next layer
    for step in steps:
        if step is None or step == "passthrough":
            continue
        scaling = _scaling(step)
        if scaling is not None:
            shift, factor = shift * scaling[0] + scaling[1], factor * scaling[0]
            continue
        for weights, bias, activation in _layers(step):
            # weights (inputs, outputs)
            bias = bias + np.broadcast_to(shift, len(weights)) @ weights
            weights = weights * np.broadcast_to(factor, len(weights))[:, None]
            layers.append((weights, bias, activation))
            shift, factor = 0.0, 1.0
    if not layers:
        raise LinnetError(f"{type(estimator).__name__} has no layer of its own; supported are {KNOWN}")
    return _graph(layers, name)


def classes(estimator):
    """The names of a classifier's classes, [] for a regressor. A binary one has one output, and so no labels."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    names = [str(name) for name in getattr(last, "classes_", [])]
    return names if len(names) > 2 else []


def _scaling(step):
    """(factor, shift) of a step that scales features, else None."""
    kind = type(step).__name__
    if kind == "StandardScaler":
        _fitted(step, "n_features_in_")
        factor = 1.0 / step.scale_ if step.scale_ is not None else 1.0
        return factor, -step.mean_ * factor if step.mean_ is not None else 0.0
    if kind == "MinMaxScaler" and not step.clip:
        _fitted(step, "scale_")
        return step.scale_, step.min_
    return None


def _layers(step):
    """[(weights (inputs, outputs), bias (outputs,), activation or None)] of a step."""
    kind = type(step).__name__
    if kind in ("MLPClassifier", "MLPRegressor"):
        _fitted(step, "coefs_")
        inner = ACTIVATIONS[step.activation]
        kinds = [inner] * (len(step.coefs_) - 1) + [ACTIVATIONS[step.out_activation_]]
        return list(zip(step.coefs_, step.intercepts_, kinds))
    if kind == "LogisticRegression":
        _fitted(step, "coef_")
        if len(step.coef_) > 2 and getattr(step, "multi_class", "auto") == "ovr":
            raise LinnetError("LogisticRegression is one-versus-rest; fit it with its default, which is multinomial")
        return [(step.coef_.T, step.intercept_, "LOGISTIC" if len(step.coef_) == 1 else "SOFTMAX")]
    if kind in ("LinearRegression", "Ridge"):
        _fitted(step, "coef_")
        weights = np.atleast_2d(step.coef_).T
        return [(weights, np.broadcast_to(step.intercept_, weights.shape[1]), None)]
    if kind == "PCA":
        _fitted(step, "components_")
        weights = step.components_.T / (np.sqrt(step.explained_variance_) if step.whiten else 1.0)
        return [(weights, -step.mean_ @ weights, None)]
    raise LinnetError(f"{kind} is not supported; supported are {KNOWN}")


def _fitted(step, attribute):
    if not hasattr(step, attribute):
        raise LinnetError(f"{type(step).__name__} is not fitted; call fit before")


def _graph(layers, name):
    x = inputs = Tensor("features", (1, len(layers[0][0])), "float32")
    operators = []

    def emit(kind, operands, n, **attrs):
        output = Tensor(f"layer{index}/{kind.lower()}", (1, n), "float32")
        operators.append(Operator(kind, operands, [output], attrs, len(operators)))
        return output

    for index, (weights, bias, activation) in enumerate(layers):
        constants = [np.ascontiguousarray(array, np.float32) for array in (weights.T, bias)]
        operands = [Tensor(f"layer{index}/{what}", a.shape, "float32", None, a) for what, a in zip(("weights", "bias"), constants)]
        n = weights.shape[1]
        x = emit("FULLY_CONNECTED", [x, *operands], n, keep_num_dims=False, fused_activation="NONE")
        if activation:
            x = emit(activation, [x], n, **({"beta": 1.0} if activation == "SOFTMAX" else {}))
    return Graph(name, [inputs], [x], operators)
