"""linnet.from_torch: modules themselves, of all kinds, to blobs that prove themselves on an emulated board."""

from pathlib import Path

import numpy as np
import pytest
import torch
from modules import modules
from torch import nn

import linnet
from linnet.cli import linnet as command_line
from linnet.errors import LinnetError
from linnet.importers.onnx import TO_LAST
from linnet.passes import run_all
from linnet.quantizer import Options
from linnet.quantizer.runner import Runner

MODULES = modules()
SEQUENCES = ("attention", "gru", "lstm", "rnn")
QUICK = Options(method="minmax", equalize=False, correct_bias=False)


def as_graphs_have_it(name, x):
    x = x.detach().numpy()
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim])) if x.ndim in TO_LAST and name not in SEQUENCES else x


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_what_it_was(name):
    module, shape = MODULES[name]
    x = torch.randn(shape)
    graph = run_all(linnet.from_torch(module, x))
    assert name in SEQUENCES or "TRANSPOSE" not in [op.kind for op in graph.operators]
    wanted = as_graphs_have_it(name, module(x))
    got = Runner(graph).outputs([[as_graphs_have_it(name, x)]])[0][0]
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=4e-4 if name == "lenet" else 2e-6)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v3", "line"])
def test_a_module_runs_on_an_emulated_board(name, tmp_path):
    module, shape = MODULES[name]
    graph = linnet.from_torch(module, torch.randn(shape))
    samples = np.random.default_rng(1).normal(0, 1, (20, *graph.inputs[0].shape[1:])).astype(np.float32)
    path = Path(tmp_path, f"{name}.linnet")
    path.write_bytes(linnet.quantize(graph, samples, options=QUICK).packed.data)
    command_line(["deploy", str(path), "--board", "qemu-m4f"], standalone_mode=False)


def test_training_mode_is_left_as_it_was():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    kinds = [op.kind for op in run_all(linnet.from_torch(module, torch.randn(4, 1, 5, 5))).operators]
    assert kinds == ["CONV_2D"] and module.training


def test_what_cannot_be_exported_is_told_in_a_sentence():
    class Endless(nn.Module):
        def forward(self, x):
            while x.sum() > 0:
                x = x - 1
            return x

    with pytest.raises(LinnetError, match="PyTorch cannot export Endless: "):
        linnet.from_torch(Endless(), torch.randn(1, 3))
