"""linnet verify: agrees where the blob is right, and points at the very place where it is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

import linnet
from linnet import blob as blobs
from linnet import cli, reference, verify
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.packer import pack_model

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))

from tflite_builder import Options, Tensor, constant, single_op_model  # noqa: E402


@pytest.fixture
def packed(digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(linnet.pack(digits / "digits.tflite"))
    return path


def damage(path, operator, offset, flip):
    """Flips bits of one byte of an operator's constants."""
    blob = blobs.read(path)
    at = blob.operators[operator].data_offset + offset
    weights = bytearray(blob.weights)
    weights[at] ^= flip
    blob.weights = bytes(weights)
    path.write_bytes(blobs.encode(blob))


def command(monkeypatch, capfd, *arguments):
    monkeypatch.setattr(sys, "argv", ["linnet", "verify", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out = capfd.readouterr()
    return ended.value.code, out.out, out.err


def test_right_blob_agrees(digits, packed, monkeypatch, capfd):
    code, out, err = command(monkeypatch, capfd, digits / "digits.tflite", packed)
    assert (code, err) == (0, "")
    assert "values of 4 samples equal LiteRT's" in out
    for row in Model(packed).blob.operators:
        assert row.name in out


def test_every_value_of_every_operator_is_compared(digits, packed, tmp_path):
    np.save(tmp_path / "x.npy", np.load(digits / "digits_test.npz")["x"][:3])
    result = verify.verify(digits / "digits.tflite", packed, tmp_path / "x.npy")
    blob = Model(packed).blob
    assert result.n_samples == 3 and result.difference is None
    wanted = [3 * int(np.prod(blob.tensors[row.outputs[0]].shape)) for row in blob.operators]
    assert [row.elements for row in result.rows] == wanted


def test_wrong_blob_is_pointed_at(digits, packed, monkeypatch, capfd):
    model = Model(packed)
    dense = [row.name for row in model.blob.operators].index("FULLY_CONNECTED")
    # The bias of output 3, by 2^16.
    damage(packed, dense, 3 * 4 + 2, 1)
    result = verify.verify(digits / "digits.tflite", packed)
    difference = result.difference
    assert (difference.operator, difference.name, difference.position) == (dense, "FULLY_CONNECTED", (0, 3))
    assert difference.got != difference.wanted
    # Later operators get the same wrong inputs, and agree.
    assert [row.operator for row in result.rows if row.different] == [dense]
    code, out, _ = command(monkeypatch, capfd, digits / "digits.tflite", packed)
    assert code == 1
    assert "first difference: " in out and "at (0, 3): got" in " ".join(out.split())


def test_another_model_s_blob_is_refused(packed, tmp_path):
    x, y = Tensor((1, 8), "int8", 0.5, 0), Tensor((1, 8), "int8", 0.5, 0)
    (tmp_path / "relu.tflite").write_bytes(single_op_model("RELU", None, [x], [y]))
    with pytest.raises(LinnetError, match="digits.linnet was not packed from .*relu.tflite: tensor 0 is not"):
        verify.verify(tmp_path / "relu.tflite", packed)


def test_missing_litert_is_one_sentence(digits, packed, monkeypatch, capfd):
    monkeypatch.setattr(reference, "Interpreter", None)
    code, out, err = command(monkeypatch, capfd, digits / "digits.tflite", packed)
    assert (code, out, err) == (1, "", "linnet: LiteRT is not installed: pip install linnet[litert]\n")


def test_pack_says_when_it_could_not_compare(digits, monkeypatch, capfd):
    from linnet.report import print_packed

    monkeypatch.setattr(reference, "Interpreter", None)
    packed = pack_model(digits / "digits.tflite")
    assert not packed.checked and len(packed.blob.golden) == 2
    print_packed(packed, "digits.tflite", "digits.linnet")
    assert "2 vectors, not compared: pip install linnet[litert]" in capfd.readouterr().out


@pytest.mark.parametrize("seed", range(6))
def test_dense_layers_round_twice(seed, tmp_path):
    """The reference for FULLY_CONNECTED is a convolution: TFLite Micro's arithmetic, written out, says the same."""
    rng = np.random.default_rng(seed)
    n_in, n_out, rows = 24, 16, 40
    scales = np.float32(rng.uniform(0.01, 0.1, 3))
    weights = rng.integers(-127, 128, (n_out, n_in)).astype(np.int8)
    bias = rng.integers(-2000, 2000, n_out).astype(np.int32)
    x, y = Tensor((rows, n_in), "int8", scales[0], 7), Tensor((rows, n_out), "int8", 8 * scales[2], -9)
    constants = [constant(weights, scales[1]), constant(bias, scales[0] * scales[1])]
    options = Options("FullyConnectedOptions", {"FusedActivationFunction": 0})
    path = tmp_path / "dense.tflite"
    path.write_bytes(single_op_model("FULLY_CONNECTED", options, [x], [y], constants))
    data = rng.integers(-128, 128, (rows, n_in)).astype(np.int8)
    (got,) = [reference.Reference(path).evaluate(3, {0: data})]
    real = np.float64(scales[0] * scales[1]) / np.float64(np.float32(8 * scales[2]))
    fraction, exponent = np.frexp(real)
    multiplier = round(float(fraction) * 2**31)
    accumulators = (data.astype(int) - 7) @ weights.T.astype(int) + bias
    # Python's integers do not overflow: two roundings, ties away from zero in the second.
    doubled = [[(int(a) * multiplier + (1 << 30)) >> 31 for a in row] for row in accumulators]
    half = 1 << (-exponent - 1) if exponent < 0 else 0
    shifted = [[(abs(d) + half >> -exponent) * (1 if d >= 0 else -1) for d in row] for row in doubled]
    np.testing.assert_array_equal(got, np.clip(np.array(shifted) - 9, -128, 127))


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_differences_are_not_compared(dtype, tmp_path):
    """TFLite Micro takes SUB's scales in single precision: a unit here and there is not LiteRT's, and no fault."""
    shape, zero_point = (1, 40, 40, 24), -3 if dtype == "int8" else 0
    x, y = (Tensor(shape, dtype, scale, zero_point) for scale in (0.00096937, 0.0059415))
    z = Tensor(shape, dtype, 0.0033, zero_point)
    path = tmp_path / "difference.tflite"
    path.write_bytes(single_op_model("SUB", Options("SubOptions", {"FusedActivationFunction": 0}), [x, y], [z]))
    packed = pack_model(path)
    assert packed.checked and len(packed.not_compared) == 1
    assert "otherwise than TFLite Micro" in reference.Reference(path).why_not(2)
