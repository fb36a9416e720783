"""Whole models of tests/models, run after run, against what TFLite Micro and LiteRT gave; and how their state is kept and forgotten."""

import sys
from pathlib import Path

import numpy as np
import pytest

from linnet import layouts
from linnet.model import Model
from linnet.packer import pack_model
from linnet.run import run_file
from linnet.verify import verify

MODELS = Path(__file__).resolve().parents[1] / "models"
sys.path.insert(0, str(MODELS))
import record_models  # noqa: E402

EXACT = sorted(MODELS.glob("*/*_tflm.npz"))
FLOAT = sorted(MODELS.glob("*/*_litert.npz"))
# Of a float model: sums in another order than LiteRT's.
TOLERANCE = 1e-6


def packed(recorded, **options):
    name = recorded.stem.rsplit("_", 1)[0]
    return pack_model(recorded.with_name(f"{name}.tflite"), n_golden=1, **options).data


def model_of(recorded, **options):
    return Model(packed(recorded, **options))


def runs_of(model):
    dtypes = [model.blob.tensors[i].dtype for i in model.blob.inputs]
    return record_models.inputs(model.input_shape, dtypes)


def outputs_of(recorded):
    """[[array of each output] of each run]"""
    with np.load(recorded) as arrays:
        return list(zip(*(arrays[f"y{i}"] for i in range(len(arrays)))))


def assert_equal(model, runs, wanted):
    for number, (xs, ys) in enumerate(zip(runs, wanted, strict=True)):
        for got, y in zip(model.predict(xs), ys, strict=True):
            np.testing.assert_array_equal(got, y.ravel(), f"run {number}")


@pytest.mark.parametrize("core", ["portable", *layouts.TUNED])
@pytest.mark.parametrize("recorded", EXACT, ids=lambda path: path.stem)
def test_runs_are_those_of_tflite_micro(recorded, core):
    model, wanted = model_of(recorded, core=core), outputs_of(recorded)
    runs = runs_of(model)
    assert_equal(model, runs, wanted)
    model.reset()  # and all over again
    assert_equal(model, runs, wanted)


@pytest.mark.parametrize("recorded", FLOAT, ids=lambda path: path.stem)
def test_unrolled_loops_are_those_of_litert(recorded):
    model, wanted = model_of(recorded, allow_float=True), outputs_of(recorded)
    for xs, ys in zip(runs_of(model), wanted, strict=True):
        np.testing.assert_allclose(model.predict(xs)[0], ys[0].ravel(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["stream", "gru_stateful_unrolled", "lstm_fused"])
def test_state_matters_until_it_is_reset(name):
    model = model_of(MODELS / "keras" / f"{name}_tflm.npz")
    x = runs_of(model)[0]
    first, second = model.predict(x)[0], model.predict(x)[0]
    assert (first != second).any()
    model.reset()
    np.testing.assert_array_equal(model.predict(x)[0], first)
    assert model.selftest() == 1 and model.blob.n_reset > 0
    np.testing.assert_array_equal(model.predict(x)[0], first)  # a self-test begins and ends with a reset


def test_run_keeps_the_state_from_sample_to_sample(tmp_path):
    recorded = MODELS / "keras" / "stream_tflm.npz"
    model, wanted = model_of(recorded), np.concatenate([ys[0] for ys in outputs_of(recorded)])
    (tmp_path / "m.linnet").write_bytes(packed(recorded))
    np.save(tmp_path / "x.npy", np.concatenate([xs[0] for xs in runs_of(model)]))
    run_file(tmp_path / "m.linnet", tmp_path / "x.npy", tmp_path / "y.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), wanted)


def test_verify_says_what_it_did_not_compare(tmp_path):
    file = MODELS / "keras" / "lstm_fused.tflite"
    made = pack_model(file)
    assert made.checked and made.not_compared == ("UNIDIRECTIONAL_SEQUENCE_LSTM",)
    (tmp_path / "m.linnet").write_bytes(made.data)
    result = verify(file, tmp_path / "m.linnet")
    assert result.difference is None
    reasons = {row.name: row.why_not for row in result.rows}
    assert reasons["UNIDIRECTIONAL_SEQUENCE_LSTM"] == "it has a memory" and reasons["FULLY_CONNECTED"] == ""
    assert sum(row.elements for row in result.rows) > 0


@pytest.mark.parametrize("name", ["stream", "gru_stateful_unrolled"])
def test_verify_follows_variables(name, tmp_path):
    file = MODELS / "keras" / f"{name}.tflite"
    (tmp_path / "m.linnet").write_bytes(pack_model(file).data)
    result = verify(file, tmp_path / "m.linnet")
    assert result.difference is None
    compared = [row.name for row in result.rows if row.elements]
    assert {"FULLY_CONNECTED", "CONV_2D" if name == "stream" else "LUT"} <= set(compared)


def test_one_table_serves_all_lstms():
    blob = model_of(MODELS / "keras" / "lstm_fused_tflm.npz").blob
    tables = [blob.tensors[op.inputs[3]] for op in blob.operators if op.name == "UNIDIRECTIONAL_SEQUENCE_LSTM"]
    assert len(tables) == 2 and len({table.offset for table in tables}) == 1 and all(table.in_weights for table in tables)
