"""The fuzzer's first corpus: the demo model, and small models that between them use every operator, for every core.

usage: seeds.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from linnet import LinnetError
from linnet.layouts import TUNED
from linnet.packer import pack

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "models/digits/digits.tflite"
LAYOUTS = [("portable", "speed"), *((core, layout) for core in TUNED for layout in ("speed", "size"))]


def main(folder):
    folder = Path(folder)
    for core, layout in LAYOUTS:
        (folder / f"digits-{core}-{layout}.linnet").write_bytes(pack(DIGITS, core=core, layout=layout))
    for path in sorted((ROOT / "tests/kernels/vectors").glob("*.npz")):
        with np.load(path) as cases:
            for key in cases.files:
                if not key.endswith("_model"):
                    continue
                model = folder / "case.tflite"
                model.write_bytes(cases[key].tobytes())
                for core, layout in LAYOUTS:
                    try:
                        blob = pack(model, core=core, layout=layout)
                    except LinnetError:
                        break  # a case for the importer's refusals
                    if len(blob) <= 16384:
                        (folder / f"{path.stem}-{key}-{core}-{layout}.linnet").write_bytes(blob)
                model.unlink()


main(sys.argv[1])
