"""The whole way of a model in one go: pack, deploy to a board, classify real inputs there, stream the results back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnet.deploy import deploy
from linnet.errors import LinnetError
from linnet.packer import pack_model
from linnet.paths import build_dir, checkout
from linnet.stream import stream
from linnet.upload import put

# The classes of MLPerf Tiny's keyword model, in the order of its outputs.
KEYWORDS = ["down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown"]

# Reads one sample after the other from a file and sends a record for each.
PROGRAM = """
import linnet
from linnet.stream import emit
from time import ticks_us, ticks_diff
model = linnet.load({model!r})
sample = bytearray({sample_bytes})
with open({samples!r}, 'rb') as file:
    while file.readinto(sample) == len(sample):
        start = ticks_us()
        label, score = model.classify(sample)
        emit(label=label, score=score, us=ticks_diff(ticks_us(), start))
"""


@dataclass(frozen=True)
class Demo:
    name: str
    title: str
    model: Path
    labels: list
    data: Path  # .npz with x (n, ...) in the model's input dtype, y (n,) indices of labels


def demos():
    """Those whose model and data are at hand: the digits of models/, the keywords of ../shared where it is there."""
    root = checkout()
    if root is None:
        raise LinnetError("linnet demo needs the source checkout, whose models/ it shows; try linnet pack and linnet deploy")
    digits = root / "models/digits"
    found = [
        Demo("digits", "handwritten digits", digits / "digits.tflite", (digits / "labels.txt").read_text().split(), digits / "digits_test.npz")
    ]
    shared = root.parent / "shared"
    keywords = Demo("kws", "spoken keywords", shared / "models/kws_ref_model.tflite", KEYWORDS, shared / "data/kws_mfcc_500.npz")
    if keywords.model.exists() and keywords.data.exists():
        found.append(keywords)
    return found


def pack_demo(demo, core):
    """Packs the model for a core under build/demo; returns (path of the blob, packer.Packed)."""
    folder = build_dir() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    packed = pack_model(demo.model, demo.labels, name=demo.name, core=core)
    path = folder / f"{demo.name}.linnet"
    path.write_bytes(packed.data)
    return path, packed


def run_demo(connection, demo, blob_path, n_samples, on_deployed, on_result, progress=None):
    """Deploys a packed demo and classifies its first n_samples on the board.

    on_deployed(deploy.Deployed) once; on_result(sample, wanted label, record) for each, as it comes in.
    """
    deployed = deploy(connection, blob_path, progress=progress)
    on_deployed(deployed)
    with np.load(demo.data) as data:
        x, y = data["x"][:n_samples], data["y"][:n_samples]
    samples = f"{deployed.path}.samples"
    put(connection, x.tobytes(), samples)
    program = PROGRAM.format(model=deployed.path, samples=samples, sample_bytes=x[0].nbytes)
    done = iter(zip(x, y))

    def on_record(record):
        sample, wanted = next(done)
        on_result(sample, demo.labels[int(wanted)], record)

    connection.soft_reset()
    stream(connection, program, on_record)
