"""Calibration and evaluation sets: what can be used, and a sentence for each that cannot."""

import numpy as np
import pytest
from float_graphs import image_graph

from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor
from linnet.quantizer import Options, evaluate, quantize, quantize_graph
from linnet.quantizer.account import n_right
from linnet.quantizer.samples import load

X = np.random.default_rng(3).normal(0, 1, (20, 8, 8, 3)).astype(np.float32)
PLAIN = Options(method="minmax", equalize=False, correct_bias=False)


def two_inputs():
    left, right, y = (Tensor(name, (1, 4), "float32") for name in ("left", "right", "sum"))
    return Graph("two", [left, right], [y], [Operator("ADD", [left, right], [y], {"fused_activation": "NONE"})])


@pytest.mark.parametrize("shape", [(20, 8, 8, 3), (20, 1, 8, 8, 3)])
def test_arrays_and_files_of_them(tmp_path, shape):
    x = X.reshape(shape)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x=x)
    np.savez(tmp_path / "xy.npz", x=x, y=np.arange(20))
    np.savez(tmp_path / "named.npz", features=x.astype(np.float64))
    for source in (x, tmp_path / "x.npy", str(tmp_path / "x.npz"), tmp_path / "xy.npz", tmp_path / "named.npz"):
        samples, labels = load(source, image_graph(), "it")
        assert len(samples) == 20 and all(np.array_equal(a, b[None]) and a.dtype == np.float32 for (a,), b in zip(samples, X))
        assert (labels is not None) == str(source).endswith("xy.npz")


def test_inputs_by_their_names(tmp_path):
    np.savez(tmp_path / "named.npz", right=np.ones((5, 4)), left=np.zeros((5, 4)))
    np.savez(tmp_path / "ordered.npz", a=np.zeros((5, 4)), b=np.ones((5, 4)))
    for source in (tmp_path / "named.npz", tmp_path / "ordered.npz", {"right": np.ones((5, 4)), "left": np.zeros((5, 4))}):
        samples, _ = load(source, two_inputs(), "it")
        assert len(samples) == 5 and all(left.max() == 0 and right.min() == 1 for left, right in samples)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": X[:, 1:]}, r"bad\.npz: the model takes float32 \(1, 8, 8, 3\), given is float32 \(20, 7, 8, 3\)$"),
        ({"x": X.astype(np.int8)}, r"bad\.npz: the model takes float32 .* given is int8 \(20, 8, 8, 3\); scale and convert them"),
        ({"x": X.astype(str)}, r"bad\.npz: .* they are to be numbers"),
        ({"x": X[:0]}, r"bad\.npz: holds no samples"),
        ({"x": X, "y": np.arange(19)}, r"bad\.npz: y has the shape \(19,\) beside 20 samples; one class index each is wanted"),
        ({"features": X, "more": X}, r"bad\.npz: has the arrays features, more; the model's inputs are to be named x"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(LinnetError, match=message):
        quantize(image_graph(), tmp_path / "bad.npz", options=PLAIN)


def test_a_name_that_is_missing(tmp_path):
    np.savez(tmp_path / "bad.npz", left=X[:, 0, 0], top=X[:, 0, 0], y=np.arange(20))
    with pytest.raises(LinnetError, match="the model takes"):
        load(tmp_path / "bad.npz", two_inputs(), "it")
    np.savez(tmp_path / "bad.npz", left=np.zeros((5, 4)))
    with pytest.raises(LinnetError, match=r"bad\.npz: has the arrays left; the model's inputs are to be named left, right"):
        load(tmp_path / "bad.npz", two_inputs(), "it")
    with pytest.raises(LinnetError, match='calibration: has no input "right", but left, top'):
        load({"left": np.zeros((5, 4)), "top": np.zeros((5, 4))}, two_inputs(), "calibration")
    with pytest.raises(LinnetError, match="the model has 2 inputs; give {name: array} of left, right"):
        load(np.zeros((5, 4)), two_inputs(), "calibration")
    with pytest.raises(LinnetError, match=r"different numbers of samples: \[5, 4\]"):
        load({"left": np.zeros((5, 4)), "right": np.zeros((4, 4))}, two_inputs(), "calibration")


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"PK\x03\x04 and then nothing", b"\x93NUMPY"])
def test_what_is_no_npz(tmp_path, data):
    (tmp_path / "bad.npz").write_bytes(data)
    with pytest.raises(LinnetError, match=r"bad\.npz: (not an \.npy or \.npz file|cannot be read)"):
        quantize(image_graph(), tmp_path / "bad.npz")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LinnetError, match=r"none\.npz: cannot be read: No such file"):
        quantize(image_graph(), tmp_path / "none.npz")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(value):
    x = X.copy()
    x[3, 0, 1, 2] = value
    with pytest.raises(LinnetError, match="calibration: sample 3 holds NaN or infinity; take such samples out"):
        quantize(image_graph(), x)


def test_ragged_arrays():
    with pytest.raises(LinnetError, match=r"calibration: the samples have different shapes; the model takes \(1, 8, 8, 3\)"):
        quantize(image_graph(), [X[0], X[1, 1:]])


def test_constant_samples():
    with pytest.raises(LinnetError, match="every sample is a constant; calibrate with real inputs"):
        quantize(image_graph(), np.ones((12, 8, 8, 3), np.float32))


def test_few_samples_are_warned_about():
    with pytest.warns(UserWarning, match="calibration: one sample tells little of the ranges; 100 are usual"):
        quantize(image_graph(), X[:1], options=PLAIN)
    with pytest.warns(UserWarning, match="calibration: 5 samples tell little"):
        quantize(image_graph(), X[:5], options=PLAIN)


def test_evaluation_with_and_without_labels(tmp_path):
    made = quantize_graph(image_graph, [[x[None]] for x in X], PLAIN)
    for y, known in ((np.zeros(20, np.int16), True), (None, False), (np.zeros(20), False)):
        np.savez(tmp_path / "e.npz", x=X, **({} if y is None else {"y": y}))
        found = evaluate(made, *load(tmp_path / "e.npz", image_graph(), "evaluation"))
        assert found.n == 20 and found.sqnr_db > 15 and (found.right_int8 is not None) == known


def test_a_single_output_is_the_second_class():
    assert n_right(np.array([[0.2], [0.7], [0.9]]), np.array([0, 1, 0])) == 2
    assert n_right(np.array([[0.2, 0.1], [0.7, 0.9]]), np.array([0, 1])) == 2
