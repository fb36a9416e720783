"""linnet.Model on the host: what it takes, what it gives, what it says when it cannot."""

import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np
import pytest

import linnet
from linnet import LinnetError
from linnet import blob as blobs

TESTS = Path(__file__).resolve().parents[1]
DEVICE = TESTS / "device"
RELU = TESTS / "blob" / "golden" / "relu.linnet"
MIXED = TESTS / "blob" / "golden" / "mixed.linnet"
X = np.array([[-8, -5, -3, -1, 0, 2, 4, 127]], np.int8)
Y = [-3, -3, -3, -1, 0, 2, 4, 127]


@pytest.fixture
def relu():
    """int8 (1, 8) -> int8 (1, 8), scale 0.5, zero point -3 on both sides."""
    return linnet.load(RELU)


def test_attributes(relu):
    assert (relu.name, relu.labels, relu.len, relu.ram, relu.n_operators) == ("relu", ["no", "yes"], RELU.stat().st_size, 16, 1)
    assert (relu.input_shape, relu.input_dtype, relu.input_scale, relu.input_zero_point) == (((1, 8),), ("b",), (0.5,), (-3,))
    assert (relu.output_shape, relu.output_dtype, relu.output_scale) == (((1, 8),), ("b",), (0.5,))
    assert relu.output_zero_point == (-3,)


def test_print(relu):
    assert str(relu).splitlines() == [
        "relu: 576 bytes, 16 bytes of RAM, 1 operators",
        "  input 0: int8 (1, 8), scale 0.5, zero point -3",
        "  output 0: int8 (1, 8), scale 0.5, zero point -3",
        "  labels: no, yes",
    ]
    assert repr(relu) == "<linnet.Model relu: 576 bytes, 16 bytes of RAM, 1 operators>"


@pytest.mark.parametrize(
    "x",
    [
        X,
        X[0],
        X.tobytes(),
        bytearray(X.tobytes()),
        memoryview(X.tobytes()),
        array("b", X.tobytes()),
        (X + 3.0) * 0.5,
        [[(q + 3) * 0.5 for q in X[0].tolist()]],
    ],
    ids=lambda x: type(x).__name__,
)
def test_predict_takes(relu, x):
    (y,) = relu.predict([x])
    assert (y.tolist(), y.dtype, y.shape) == (Y, np.int8, (8,))


def test_predict_gives_real_numbers_on_request(relu):
    (y,) = relu.predict([X], real=True)
    assert y.dtype == np.float32 and y.tolist() == [(q + 3) * 0.5 for q in Y]


def test_run_copies_between_buffers(relu):
    y = bytearray(8)
    relu.run(X.tobytes(), y)
    assert array("b", y).tolist() == Y
    real = array("f", [0.0] * 8)
    relu.run([array("f", [0.0, -1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1000.0])], [real])
    assert real.tolist() == [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 65.0]


def test_classify(relu):
    assert relu.classify(np.array([9, 1, 1, 1, 1, 1, 1, 1], np.int8)) == ("no", 6.0)
    assert relu.classify(X) == (7, 65.0)  # there are but two labels


def test_peek_and_steps_and_profile():
    model = linnet.load(MIXED)
    sample = np.arange(32, dtype=np.int8).reshape(1, 4, 4, 2)
    seen = [made for _, _, made in model.steps([sample])]
    for index, (made,) in enumerate(seen):
        assert model.peek(index, [sample]).tolist() == made.ravel().tolist()
    assert seen[-1][0].ravel().tolist() == model.predict([sample])[0].tolist()
    assert [name for name, us in model.profile() if us >= 0] == ["CONV_2D", "ADD", "SOFTMAX"]
    golden = model.golden_inputs(model.blob.golden[0])
    assert model.peek(2).tobytes() == model.predict(golden)[0].tobytes() == model.blob.golden[0].outputs[0]


def test_steps_show_what_each_operator_read():
    """Also where the output is written over the input."""
    model = linnet.load(MIXED)
    before = None
    for _, taken, made in model.steps(model.golden_inputs(model.blob.golden[0])):
        if before is not None:
            np.testing.assert_array_equal(taken[0], before)
        before = made[0]


def test_selftest_names_the_first_difference(relu):
    assert relu.selftest() == 1
    wrong = bytearray(relu.blob.golden[0].outputs[0])
    wrong[5] ^= 1
    relu.blob.golden[0].outputs[0] = bytes(wrong)
    damaged = linnet.load(blobs.encode(relu.blob))
    with pytest.raises(LinnetError, match=r"blob: vector 0: output 0, element 5: got 44, wanted 45"):
        damaged.selftest()


def test_arena_can_be_shared():
    arena = bytearray(4096)
    a, b = linnet.load(RELU, arena), linnet.load(MIXED, arena)
    for _ in range(2):
        assert a.predict([X])[0].tolist() == Y
        assert b.selftest() == 1
    assert any(arena)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda m: m.predict([b"1234567"]), "input 0: 8 bytes wanted, 7 given"),
        (lambda m: m.predict([np.zeros(9, np.int8)]), r"input 0: \(1, 8\) wanted, \(9,\) given"),
        (lambda m: m.predict([np.zeros(8, np.int32)]), "input 0: int8 or float32 wanted, int32 given"),
        (lambda m: m.predict([X, X]), "inputs: 1 wanted, 2 given"),
        (lambda m: m.run(X, bytearray(9)), "output 0: 8 bytes wanted, 9 given"),
        (lambda m: m.run(X, [bytearray(8), bytearray(8)]), "outputs: 1 wanted, 2 given"),
        (lambda m: m.peek(1), r"operator: 0 \.\.\. 0 wanted, 1 given"),
        (lambda m: linnet.load(RELU, bytearray(8)), "the arena has 8 bytes, the model needs 16"),
        (lambda m: linnet.load(RELU, bytes(64)), "the arena cannot be written to"),
        (lambda m: linnet.load("no/such.linnet"), "no/such.linnet: No such file or directory"),
        (lambda m: linnet.load("no_such"), "no_such.linnet: No such file or directory"),
        (lambda m: linnet.load(b"x" * 64), "blob: MAGIC: not a linnet blob"),
    ],
)
def test_errors_say_what_is_wanted(relu, call, message):
    with pytest.raises(LinnetError, match=message):
        call(relu)


def test_name_alone_is_looked_for(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "little.linnet").write_bytes(RELU.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert linnet.load("little").predict([X])[0].tolist() == Y


@pytest.mark.parametrize("script", ["attributes", "smoke", "convert", "real", "peek", "shared_arena"])
def test_board_s_script_runs_here_unchanged(script):
    """The scripts that boards run, on the host's linnet: the same lines."""
    done = subprocess.run([sys.executable, DEVICE / f"{script}.py"], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == (DEVICE / f"{script}.py.exp").read_text()
