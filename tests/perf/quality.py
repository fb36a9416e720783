"""What quantization costs on MLPerf Tiny's float models, held against MLPerf's own int8 models of the same networks.

    python tests/perf/quality.py [--model NAME]...

Calibrates and scores on ../shared/data, never with the same samples, prints a table, writes build/quality/quality.md and a
report of each model beside it. Exit status 1 when a bar is missed.
"""

import io
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from linnet import report_quantize_html
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.packer import pack_model
from linnet.paths import build_dir
from linnet.quantizer import quantize
from linnet.quantizer.account import n_right
from linnet.quantizer.runner import Runner, sqnr_db
from linnet.report import progress

SHARED = Path(__file__).resolve().parents[3] / "shared"  # public models and recordings, not in the repository
N_CALIBRATION = 100
KWS_SCALE, KWS_ZERO_POINT = 0.5847029, 83  # of the recordings
AD_FRAMES, AD_BINS = 5, 128  # of an input; frames follow one another by one
VWW_SIZE = 96
N_VWW = 200
POINTS_OF_FLOAT = 0.5  # percent, by which the image classifier may be below


@dataclass
class Row:
    """One bar. ours, real, mlperf, bar: as they are printed."""

    model: str
    what: str
    calibrated: str
    ours: str
    real: str
    mlperf: str
    bar: str
    met: bool


# Data: float inputs as the float model takes them ----------------------------------------------------------------


def spoken():
    """Keyword spectrograms (500, 49, 10, 1) and their classes (500,)."""
    with np.load(SHARED / "data/kws_mfcc_500.npz") as file:
        return (file["x"].astype(np.float32) - KWS_ZERO_POINT) * np.float32(KWS_SCALE), file["y"]


def images(name, n):
    """The first n CIFAR-10 images (n, 32, 32, 3), 0 ... 255, and their classes (n,)."""
    from PIL import Image

    with np.load(SHARED / f"data/cifar10_jpeg_{name}.npz") as file:
        jpeg, offset, y = file["jpeg"].tobytes(), file["offset"], file["y"]
    decoded = [Image.open(io.BytesIO(jpeg[offset[i] : offset[i + 1]])).convert("RGB") for i in range(n)]
    return np.stack([np.asarray(image, np.float32) for image in decoded]), y[:n]


def enlarged(pixels):
    """Images (n, h, w, 3), 0 ... 255, as (n, 96, 96, 3), 0 ... 1."""
    from PIL import Image

    size = (VWW_SIZE, VWW_SIZE)
    made = [Image.fromarray(pixel.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR) for pixel in pixels]
    return np.stack([np.asarray(image, np.float32) for image in made]) / 255


def machine_sounds():
    """Windows (n, 640) of five frames over the recording of a pump, one frame apart."""
    frames = np.fromfile(SHARED / "data/ad_normal_id_01_hist.bin", "<f4").reshape(-1, AD_BINS)
    return np.stack([frames[i : i + AD_FRAMES].ravel() for i in range(len(frames) - AD_FRAMES + 1)])


def vectors(name):
    """Inputs of ../shared/vectors (6, ...), dequantized: noise, smooth noise and constants, made to go to the extremes."""
    row = Model(pack_model(SHARED / f"models/{name}.tflite", n_golden=0).data)
    with np.load(SHARED / f"vectors/{name}_tflm.npz") as file:
        return (file["x"].astype(np.float32) - row.input_zero_point[0]) * np.float32(row.input_scale[0])


# Models ----------------------------------------------------------------------------------------------------------


class Trial:
    """A float model, what Linnet makes of it, and MLPerf's int8 model."""

    def __init__(self, real, mlperf, calibration, progress):
        """real, mlperf: names in ../shared/models; calibration: (n, ...) float32."""
        start_s = time.monotonic()
        self.result = quantize(SHARED / f"models/{real}.tflite", calibration, progress=progress)
        self.quantize_s = time.monotonic() - start_s
        folder = build_dir() / "quality"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{real}.html").write_text(report_quantize_html.page(self.result), encoding="utf-8")
        (folder / f"{real}.linnet").write_bytes(self.result.packed.data)
        self._runners = Model(self.result.packed.data), Model(pack_model(SHARED / f"models/{mlperf}.tflite", n_golden=0).data)
        self._real, self._progress = Runner(self.result.quantized.real), progress

    def outputs(self, x):
        """(float, ours, MLPerf's): arrays (n, elements) of the first output, dequantized."""
        rows = [
            (self._real.outputs([[one[None]]])[0].ravel(), *(model.predict([one], real=True)[0] for model in self._runners))
            for one in self._progress(list(x))
        ]
        return [np.stack(column) for column in zip(*rows)]


def accuracy_row(name, trial, calibrated, x, y, points_of_float=None):
    """Right answers: not below MLPerf's, and within points_of_float percent of the float model's."""
    real, ours, mlperf = (n_right(outputs, y) for outputs in trial.outputs(x))
    least = mlperf if points_of_float is None else max(mlperf, real - points_of_float * len(y) / 100)
    shown = [f"{right} = {100 * right / len(y):.2f} %" for right in (ours, real, mlperf)]
    return Row(name, f"right of {len(y)}", calibrated, *shown, f">= {least:g}", ours >= least)


def sqnr_rows(name, trial, calibrated, inputs):
    """SQNR of the outputs against the float model's, not below MLPerf's. inputs: {what they are: (n, ...)}."""
    rows = []
    for what, x in inputs.items():
        real, ours, mlperf = trial.outputs(x)
        ours, mlperf = sqnr_db(real, ours), sqnr_db(real, mlperf)
        rows.append(Row(name, f"SQNR on {what}", calibrated, f"{ours:.1f} dB", "", f"{mlperf:.1f} dB", f">= {mlperf:.1f} dB", ours >= mlperf))
    return rows


def kws(progress):
    x, y = spoken()
    trial = Trial("kws_ref_model_float32", "kws_ref_model", x[:N_CALIBRATION], progress)
    return trial, [accuracy_row("kws_ref_model_float32", trial, "100 spoken keywords", x[N_CALIBRATION:], y[N_CALIBRATION:])]


def ic(progress):
    x, y = images("test_2000", 2000)
    trial = Trial("pretrainedResnet", "pretrainedResnet_quant", images("train_20000", N_CALIBRATION)[0], progress)
    return trial, [accuracy_row("pretrainedResnet", trial, "100 CIFAR-10 training images", x, y, POINTS_OF_FLOAT)]


def vww(progress):
    calibration = enlarged(images("train_20000", N_CALIBRATION)[0])
    trial = Trial("vww_96_float", "vww_96_int8", calibration, progress)
    inputs = {
        f"{N_VWW} CIFAR-10 test images, enlarged": enlarged(images("test_2000", N_VWW)[0]),
        "6 vectors: noise, smooth noise, constants": vectors("vww_96_int8"),
    }
    return trial, sqnr_rows("vww_96_float", trial, "100 CIFAR-10 training images, enlarged to 96x96", inputs)


def ad(progress):
    x = machine_sounds()
    trial = Trial("ad01_fp32", "ad01_int8", x[:N_CALIBRATION], progress)
    later = x[N_CALIBRATION + AD_FRAMES - 1 :]  # shares no frame with the calibration
    inputs = {f"the {len(later)} later windows": later}
    return trial, sqnr_rows("ad01_fp32", trial, "the first 100 windows of the recording", inputs)


TRIALS = {"kws": kws, "ic": ic, "vww": vww, "ad": ad}
NEEDED = {
    "kws": ("models/kws_ref_model_float32.tflite", "models/kws_ref_model.tflite", "data/kws_mfcc_500.npz"),
    "ic": (
        "models/pretrainedResnet.tflite", "models/pretrainedResnet_quant.tflite", "data/cifar10_jpeg_train_20000.npz",
        "data/cifar10_jpeg_test_2000.npz",
    ),
    "vww": (
        "models/vww_96_float.tflite", "models/vww_96_int8.tflite", "vectors/vww_96_int8_tflm.npz",
        "data/cifar10_jpeg_train_20000.npz", "data/cifar10_jpeg_test_2000.npz",
    ),
    "ad": ("models/ad01_fp32.tflite", "models/ad01_int8.tflite", "data/ad_normal_id_01_hist.bin"),
}  # fmt: skip


# Telling ---------------------------------------------------------------------------------------------------------

HEADINGS = ("model", "scored by", "calibrated on", "ours", "float", "MLPerf int8", "bar", "met")


def cells(row):
    return [row.model, row.what, row.calibrated, row.ours, row.real, row.mlperf, row.bar, "yes" if row.met else "MISSED"]


def choices_of(name, trial):
    """A sentence: what was chosen, how long it took, what it costs in bytes."""
    found, choices = trial.result, ", ".join(f"{key} {value}" for key, value in trial.result.quantized.choices.items())
    return (
        f"{name}: {choices}; quantized in {trial.quantize_s:.0f} s; constants {found.real_bytes:,} -> "
        f"{len(found.packed.blob.weights):,} bytes, arena {found.real_arena_bytes:,} -> {found.packed.blob.arena_bytes:,} bytes"
    )


def page(rows, sentences):
    """quality.md."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(cells(row) for row in rows)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return "\n\n".join(["# What quantization costs", "Made by `make quality`.", table, *sentences]) + "\n"


@click.command()
@click.option("--model", "models", type=click.Choice(list(TRIALS)), multiple=True, help="only this model; repeatable")
def main(models):
    """hold the quantizer against MLPerf's int8 models"""
    out = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 190)
    rows, sentences = [], []
    for name in models or TRIALS:
        absent = [needed for needed in NEEDED[name] if not (SHARED / needed).exists()]
        if absent:
            sentences.append(f"{name} is skipped: ../shared/{absent[0]} is not there.")
            continue
        try:
            trial, made = TRIALS[name](progress)
        except (LinnetError, ImportError) as error:
            sys.exit(f"quality: {name}: {error}")
        rows += made
        sentences.append(choices_of(name, trial))

    folder = build_dir() / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quality.md").write_text(page(rows, sentences))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading)
    for row in rows:
        table.add_row(*cells(row), style="" if row.met else "red")
    out.print(table)
    for sentence in sentences:
        out.print(sentence)
    missed = [row for row in rows if not row.met]
    out.print(f"{len(rows)} bars, {len(missed)} missed. Written: {folder / 'quality.md'} and a report of each model.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
