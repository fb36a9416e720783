"""make quality: says what is missing, writes its page, and fails when a bar is missed."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "perf"))

import quality


def run(monkeypatch, capsys, tmp_path, *arguments):
    monkeypatch.setattr(quality, "build_dir", lambda: tmp_path)
    with pytest.raises(SystemExit) as ended:
        quality.main(list(arguments))
    return ended.value.code, capsys.readouterr().out, (tmp_path / "quality" / "quality.md").read_text()


def test_absent_data_are_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(quality, "SHARED", tmp_path)
    code, out, page = run(monkeypatch, capsys, tmp_path)
    assert code == 0 and "0 bars, 0 missed" in out
    for sentence in ("kws is skipped: ../shared/models/kws_ref_model_float32.tflite is not there.", "ad is skipped"):
        assert sentence in out and sentence in page


@pytest.mark.parametrize("right, met", [(9, True), (8, True), (7, False)])
def test_a_missed_bar_fails(monkeypatch, capsys, tmp_path, right, met):
    """8 of 10 by MLPerf's model, 9 by the float one."""
    labels = quality.np.zeros(10, int)
    outputs = [quality.np.eye(2)[[int(i >= n) for i in range(10)]] for n in (9, right, 8)]
    packed = SimpleNamespace(blob=SimpleNamespace(weights=b"", arena_bytes=1))
    result = SimpleNamespace(quantized=SimpleNamespace(choices={}), real_bytes=4, packed=packed, real_arena_bytes=2)
    trial = SimpleNamespace(outputs=lambda x: outputs, result=result, quantize_s=1.0)
    row = quality.accuracy_row("kws", trial, "ten", labels, labels, points_of_float=10)
    monkeypatch.setattr(quality, "TRIALS", {"kws": lambda progress: (trial, [row])})
    monkeypatch.setattr(quality, "NEEDED", {"kws": ()})
    code, out, page = run(monkeypatch, capsys, tmp_path)
    assert (code, "MISSED" in out, "MISSED" in page) == (0 if met else 1, not met, not met)
    assert f"{right} = {10 * right}.00 %" in page
    within = quality.accuracy_row("kws", trial, "ten", labels, labels, points_of_float=5)  # not a whole answer below the float model
    assert within.met == (right >= 9)


def test_sqnr_is_held_against_mlperf():
    real = quality.np.ones((2, 4))
    trial = SimpleNamespace(outputs=lambda x: (real, real + x, real + 0.1))
    ours = quality.sqnr_rows("ad", trial, "some", {"better": 0.01, "equal": 0.1, "worse": 0.2})
    assert [row.met for row in ours] == [True, True, False] and ours[0].ours == "40.0 dB" and ours[0].mlperf == "20.0 dB"
