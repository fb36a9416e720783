"""What `linnet quantize` shows: the worst layers first, what changed, warnings in a sentence, a page with the same numbers."""

import sys
from html import escape

import numpy as np
import pytest
from float_graphs import image_graph
from test_mixed import PLAIN, lifted

import linnet
from linnet import cli, report_quantize
from linnet.quantizer import Options
from linnet.report_quantize import changes, db, summary, widened_line
from linnet.report_quantize_html import page


@pytest.fixture(scope="module")
def result(samples, tmp_path_factory):
    path = tmp_path_factory.mktemp("samples") / "e.npz"
    x = np.concatenate([x for x, in samples])
    np.savez(path, x=x[:20], y=np.arange(20) % 5)
    return linnet.quantize(lifted(), x, path, Options(mixed=True, **PLAIN), name="lifted & <low>")


def test_before_and_after(result):
    found = {what: (before, after) for what, before, after in changes(result)}
    right = result.evaluation.right_real, result.evaluation.right_int8
    assert found["accuracy"] == tuple(f"{text}{n} of 20 right, {5 * n:.1f} %" for text, n in zip(("float ", ""), right))
    assert found["constants"][1] == f"{len(result.packed.blob.weights):,} bytes"
    assert found["arena"] == (f"float {result.real_arena_bytes:,}", f"{result.packed.blob.arena_bytes:,} bytes")
    assert result.real_arena_bytes > result.packed.blob.arena_bytes


def test_the_terminal_lists_the_worst_first(result, capsys):
    report_quantize.print_result(result, "out.linnet")
    out = capsys.readouterr().out
    shown = [line.split()[0] for line in out.splitlines() if line.strip() and line.split()[0].isdigit()]
    worst = sorted(result.rows, key=lambda row: row.activations_db)
    assert shown == [str(row.index) for row in worst[: len(shown)]] and len(shown) == min(12, len(worst))
    assert widened_line(result.quantized.widened[0])[:30] in out and "-> out.linnet" in out


def test_the_page_has_every_layer_and_needs_nothing_else(result):
    text = page(result)
    assert "lifted &amp; &lt;low&gt;" in text and "<low>" not in text
    for row in result.rows:
        assert f"<td>{row.index}</td><td class=text>{row.kind}</td>" in text and db(row.activations_db) in text
    assert text.count('<div class="card">') == min(6, len(result.rows))
    assert all(escape(widened_line(each)) in text for each in result.quantized.widened)
    assert "http" not in text and "<script" not in text


def test_histograms_are_of_several_samples(result):
    assert all(row.real.shape == row.quantized.shape and len(row.real) >= 8 * 5 for row in result.rows)


def test_what_was_chosen_is_said(samples):
    x = np.concatenate([x for x, in samples])
    plain = linnet.quantize(lifted(), x, options=Options(**PLAIN))
    assert summary(plain)[0].startswith("ranges by minmax, rounding nearest: outputs ") and len(summary(plain)) == 1
    mixed = linnet.quantize(image_graph(), x, options=Options("minmax", True, True, mixed=True))
    assert mixed.quantized.widened or summary(mixed)[1] == "no layer gains the outputs 0.5 dB in int16: all stay int8"


def test_the_command_warns_in_a_sentence_and_goes_on(tmp_path, monkeypatch, capfd):
    random = np.random.default_rng(1)
    (tmp_path / "m.onnx").write_bytes(dense_onnx(random.normal(0, 1, (4, 10)), random.normal(0, 1, 4)))
    np.savez(tmp_path / "c.npz", x=random.normal(0, 1, (3, 10)).astype(np.float32))
    arguments = ["linnet", "quantize", tmp_path / "m.onnx", "--calib", tmp_path / "c.npz", "-o", tmp_path / "m.linnet", "--method", "minmax"]
    monkeypatch.setattr(sys, "argv", list(map(str, arguments)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out = capfd.readouterr()
    assert ended.value.code == 0 and "constants" in out.out
    assert out.err == f"linnet: {tmp_path / 'c.npz'}: 3 samples tell little of the ranges; 100 are usual\n"
    assert linnet.Model(tmp_path / "m.linnet").selftest() == 2


def dense_onnx(weights, bias):
    """The bytes of an ONNX model with one dense layer."""
    from onnx import TensorProto, helper, numpy_helper

    constants = [numpy_helper.from_array(a.astype(np.float32), name) for name, a in (("w", weights), ("b", bias))]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n]) for name, n in (("x", weights.shape[1]), ("y", len(weights)))]
    graph = helper.make_graph([helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1)], "dense", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()


def test_verify_compares_the_outputs_of_a_model_in_onnx(tmp_path, monkeypatch, capfd):
    """Its tensors have no numbers to go by."""
    random = np.random.default_rng(1)
    (tmp_path / "m.onnx").write_bytes(dense_onnx(random.normal(0, 1, (4, 10)), random.normal(0, 1, 4)))
    np.savez(tmp_path / "c.npz", x=random.normal(0, 1, (30, 10)).astype(np.float32))
    (tmp_path / "m.linnet").write_bytes(linnet.quantize(tmp_path / "m.onnx", tmp_path / "c.npz").packed.data)
    arguments = ["linnet", "verify", tmp_path / "m.onnx", tmp_path / "m.linnet", "-i", tmp_path / "c.npz"]
    monkeypatch.setattr(sys, "argv", list(map(str, arguments)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out = capfd.readouterr()
    assert (ended.value.code, out.err) == (0, "") and "dB against the float model, on 30 samples" in out.out
