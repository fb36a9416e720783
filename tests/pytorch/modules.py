#!/usr/bin/env python3
"""Small modules of the kinds that people bring, and what PyTorch exports of them.

    PYTHON_WITH_TORCH_AND_ONNXSCRIPT tests/pytorch/modules.py    # writes tests/importers/exported/NAME.onnx and NAME.npz
"""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

RECORDED = Path(__file__).resolve().parents[1] / "importers" / "exported"


def separable(inputs, outputs, stride):
    """MobileNet's block: depthwise and pointwise, each normalized and clamped."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.ReLU6(),
        nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6(),
    )  # fmt: skip


class Squeeze(nn.Module):
    """Channels weighed by what all pixels say."""

    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        return x * functional.hardsigmoid(self.up(torch.relu(self.down(functional.adaptive_avg_pool2d(x, 1)))))


class Inverted(nn.Module):
    """MobileNetV3's block, with a residual."""

    def __init__(self, channels, factor):
        super().__init__()
        wide = channels * factor
        self.body = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.Hardswish(),
            nn.Conv2d(wide, wide, 3, 1, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.Hardswish(), Squeeze(wide),
            nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, x):
        return x + self.body(x)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 8, 3)
        self.dense1, self.dense2 = nn.Linear(72, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.tanh(self.conv2(x)), 2)
        return torch.log_softmax(self.dense2(functional.gelu(self.dense1(x.view(x.size(0), -1)))), 1)


class Line(nn.Module):
    """One dimension: what sensors give."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm, self.conv2 = nn.Conv1d(3, 8, 5, padding=2), nn.BatchNorm1d(8), nn.Conv1d(8, 16, 3, 2, 1)
        self.dense = nn.Linear(16, 5)

    def forward(self, x):
        x = functional.silu(self.norm(self.conv1(x)))
        return self.dense(functional.leaky_relu(self.conv2(x)).mean(2))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.deep, self.slope = nn.Conv2d(1, 4, 3, 1, 1), nn.Conv2d(4, 8, 3, 1, 1), nn.PReLU(8)
        self.up, self.last = nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1), nn.Conv2d(8, 2, 3, 1, 1)

    def forward(self, x):
        skipped = torch.relu(self.down(x))
        up = self.up(self.slope(self.deep(torch.max_pool2d(skipped, 2))))
        y = torch.sigmoid(self.last(torch.cat([up, skipped], 1)))
        return functional.interpolate(y, scale_factor=2, mode="bilinear")


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.cells = kind(5, 6, batch_first=True, **options)
        self.dense = nn.Linear(12 if options.get("bidirectional") else 6, 3)

    def forward(self, x):
        return self.dense(self.cells(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0)
        self.dense = nn.Linear(8, 3)

    def forward(self, x):
        return self.dense(self.layer(x).mean(1))


def modules():
    """{name: (module in evaluation mode, its running means not those of its birth; shape of its input)}."""
    torch.manual_seed(0)
    found = {
        "mobilenet_v1": (
            nn.Sequential(
                nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), separable(8, 16, 1), separable(16, 16, 2),
                nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(16, 4),
            ),
            (1, 3, 16, 16),
        ),
        "mobilenet_v3": (
            nn.Sequential(
                nn.Conv2d(3, 8, 3, 2, 1), nn.Hardswish(), Inverted(8, 2), Inverted(8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                nn.Linear(8, 4), nn.Softmax(1),
            ),
            (1, 3, 12, 12),
        ),
        "lenet": (LeNet(), (1, 1, 16, 16)),
        "line": (Line(), (1, 3, 50)),
        "unet": (UNet(), (1, 1, 12, 12)),
        "attention": (Attention(), (1, 6, 8)),
        "lstm": (Recurrent(nn.LSTM, bidirectional=True), (1, 7, 5)),
        "gru": (Recurrent(nn.GRU), (1, 7, 5)),
        "rnn": (Recurrent(nn.RNN), (1, 7, 5)),
    }  # fmt: skip
    with torch.no_grad():
        for module, shape in found.values():
            module.train()
            for _ in range(3):
                module(torch.randn(8, *shape[1:]))
            module.eval()
    return found


def strip(path):
    """Takes out of an ONNX file where on this machine its nodes come from."""
    model = onnx.load(path)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


def main():
    warnings.simplefilter("ignore")
    RECORDED.mkdir(exist_ok=True)
    for name, (module, shape) in modules().items():
        x = torch.randn(shape)
        torch.onnx.export(module, (x,), dynamo=True, verbose=False).save(RECORDED / f"{name}.onnx")
        strip(RECORDED / f"{name}.onnx")
        with torch.no_grad():
            np.savez(RECORDED / f"{name}.npz", x=x.numpy(), y=module(x).numpy())
        print(name, (RECORDED / f"{name}.onnx").stat().st_size)


if __name__ == "__main__":
    main()
