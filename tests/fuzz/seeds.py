"""The fuzzer's first corpus: the demo model, and small models that between them use every operator.

usage: seeds.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from linnet import LinnetError
from linnet.packer import pack

ROOT = Path(__file__).resolve().parents[2]


def main(folder):
    folder = Path(folder)
    (folder / "digits.linnet").write_bytes(pack(ROOT / "models/digits/digits.tflite"))
    for path in sorted((ROOT / "tests/kernels/vectors").glob("*.npz")):
        with np.load(path) as cases:
            for key in cases.files:
                if not key.endswith("_model"):
                    continue
                model = folder / "case.tflite"
                model.write_bytes(cases[key].tobytes())
                try:
                    blob = pack(model)
                except LinnetError:
                    continue  # a case for the importer's refusals
                finally:
                    model.unlink()
                if len(blob) <= 16384:
                    (folder / f"{path.stem}-{key}.linnet").write_bytes(blob)


main(sys.argv[1])
