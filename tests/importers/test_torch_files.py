"""What PyTorch exports of small modules (tests/pytorch/modules.py made the files) runs as the modules do, channel last."""

from pathlib import Path

import numpy as np
import pytest

import linnet
from linnet.importers.onnx import TO_LAST, read_onnx
from linnet.passes import run_all
from linnet.quantizer import Options
from linnet.quantizer.runner import Runner, sqnr_db

FILES = Path(__file__).parent / "exported"
NAMES = sorted(path.stem for path in FILES.glob("*.onnx"))
SEQUENCES = ("attention", "gru", "lstm", "rnn")  # of features: their inputs are in the order of the module
KINDS = {
    "mobilenet_v1": ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "MEAN", "RESHAPE", "FULLY_CONNECTED"],
    "lenet": ["CONV_2D", "MAX_POOL_2D", "CONV_2D", "TANH", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED"],
}


def recorded(name):
    """(path, input, output) as the Graph has them."""
    with np.load(FILES / f"{name}.npz") as file:
        x, y = file["x"], file["y"]
    if name not in SEQUENCES:
        x, y = (np.ascontiguousarray(a.transpose(TO_LAST[a.ndim])) if a.ndim in TO_LAST else a for a in (x, y))
    return FILES / f"{name}.onnx", x, y


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_the_modules(name):
    path, x, y = recorded(name)
    graph = run_all(read_onnx(path))
    assert graph.inputs[0].shape == x.shape and graph.outputs[0].shape == y.shape
    np.testing.assert_allclose(Runner(graph).outputs([[x]])[0][0], y, rtol=1e-5, atol=4e-4 if name == "lenet" else 2e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SEQUENCES])
def test_no_transpose_is_left(name):
    kinds = [op.kind for op in run_all(read_onnx(FILES / f"{name}.onnx")).operators]
    assert "TRANSPOSE" not in kinds
    assert kinds[: len(KINDS.get(name, []))] == KINDS.get(name, [])
    layers = [op for op in run_all(read_onnx(FILES / f"{name}.onnx")).operators if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    assert "mobilenet_v1" not in name or [op.attrs["fused_activation"] for op in layers] == ["RELU6"] * 5


@pytest.mark.parametrize("name", ["mobilenet_v1", "lenet", "line"])
def test_quantized(name):
    path, x, _ = recorded(name)
    samples = np.random.default_rng(1).normal(0, 1, (30, *x.shape[1:])).astype(np.float32)
    result = linnet.quantize(path, samples, options=Options(method="minmax", equalize=False, correct_bias=False))
    real = Runner(run_all(read_onnx(path))).outputs([[sample[None]] for sample in samples[:10]])[0]
    model = linnet.Model(result.packed.data)
    int8 = np.stack([model.predict([sample], real=True)[0] for sample in samples[:10]]).reshape(real.shape)
    assert sqnr_db(real, int8) > 25
