"""linnet verify of a quantized blob: it is compared with the float model, layer by layer."""

import functools
import sys

import numpy as np
import pytest

import linnet
from linnet import cli
from linnet.blob import decode, encode
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.quantizer import Options
from linnet.verify_quantized import float_model, verify_quantized


@functools.cache
def quantized(model, data):
    """(blob of a float model, samples that its calibration has not seen)."""
    x = (np.load(data)["x"].astype(np.float32) - 83) * np.float32(0.5847029)
    return linnet.quantize(model, x[:20], options=Options("percentile", False, False)).packed.data, x[100:106]


@pytest.fixture
def kws(shared, tmp_path):
    """(float model, quantized blob, samples that calibration has not seen): paths."""
    model = shared("models/kws_ref_model_float32.tflite")
    blob, x = quantized(model, shared("data/kws_mfcc_500.npz"))
    (tmp_path / "kws.linnet").write_bytes(blob)
    np.savez(tmp_path / "x.npz", x=x)
    return model, tmp_path / "kws.linnet", tmp_path / "x.npz"


def command(monkeypatch, capfd, *arguments):
    monkeypatch.setattr(sys, "argv", ["linnet", "verify", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out = capfd.readouterr()
    return ended.value.code, out.out, out.err


def test_every_layer_is_near_the_float_model(kws, monkeypatch, capfd):
    model, blob, x = kws
    compared = verify_quantized(float_model(model, Model(blob)), Model(blob), x)
    assert [row.name for row in compared.rows] == [op.name for op in Model(blob).blob.operators]
    assert all(row.db > 15 for row in compared.rows) and compared.outputs[0] > 20 and compared.n_samples == 6
    code, out, err = command(monkeypatch, capfd, model, blob, "-i", x)
    assert (code, err) == (0, "") and f"{compared.outputs[0]:.1f} dB against the float model, on 6 samples" in out


def test_a_damaged_layer_shows_from_there_on(kws, tmp_path, monkeypatch, capfd):
    model, path, x = kws
    sound = verify_quantized(float_model(model, Model(path)), Model(path), x)
    blob = decode(path.read_bytes())
    weights, op = bytearray(blob.weights), blob.operators[5]
    weights[op.data_offset + op.data_bytes - 400 : op.data_offset + op.data_bytes] = bytes(400)
    blob.weights, blob.golden = bytes(weights), []
    path.write_bytes(encode(blob))
    compared = verify_quantized(float_model(model, Model(path)), Model(path), x)
    assert [row.db for row in compared.rows[:5]] == [row.db for row in sound.rows[:5]]
    assert compared.rows[5].db < sound.rows[5].db - 6
    code, out, _ = command(monkeypatch, capfd, model, path, "-i", x, "--least", "60")
    assert code == 1 and "less than 60 dB" in out


def test_without_samples_it_asks_for_some(kws, monkeypatch, capfd):
    model, blob, _ = kws
    code, _, err = command(monkeypatch, capfd, model, blob)
    assert code == 1 and err == f"linnet: {blob} is quantized; give samples as it will meet them with -i X.npz\n"


def test_channels_of_an_equalized_layer_are_not_compared(shared, kws):
    model, _, x = kws
    samples = np.load(x)["x"]
    made = linnet.quantize(model, np.concatenate([samples] * 2), options=Options("minmax", True, False))
    compared = verify_quantized(float_model(model, Model(made.packed.data)), Model(made.packed.data), x)
    assert 0 < len(compared.rows) < len(made.packed.blob.operators) and all(row.db > 15 for row in compared.rows)


def test_other_models_are_refused(kws, shared, monkeypatch, capfd):
    _, blob, x = kws
    code, _, err = command(monkeypatch, capfd, shared("models/ad01_fp32.tflite"), blob, "-i", x)
    assert code == 1 and "was not made from ad01_fp32: its inputs are [(1, 49, 10, 1)], there [(1, 640)]" in err
    assert float_model(shared("models/kws_ref_model.tflite"), Model(blob)) is None  # an int8 model is for LiteRT
    packed = Model(linnet.pack(shared("models/kws_ref_model.tflite")))
    assert float_model(shared("models/kws_ref_model.tflite"), packed) is None


def test_bad_samples_are_refused(kws, tmp_path):
    model, blob, _ = kws
    graph = float_model(model, Model(blob))
    np.savez(tmp_path / "bad.npz", x=np.full((3, 49, 10, 1), np.nan, np.float32))
    with pytest.raises(LinnetError, match="sample 0 holds NaN"):
        verify_quantized(graph, Model(blob), tmp_path / "bad.npz")


def test_weights_in_float16_are_compared_with_float(shared, kws, tmp_path):
    model, _, x = kws
    samples = np.load(x)["x"]
    made = Model(linnet.quantize(model, np.concatenate([samples] * 2), options=Options(weights="float16")).packed.data)
    compared = verify_quantized(float_model(model, made), made, x)
    assert all(row.db > 50 for row in compared.rows) and compared.outputs[0] < 120
    assert float_model(model, Model(linnet.pack(model, allow_float=True))) is None  # nothing was changed: that is for LiteRT
