"""The fuzzer's first corpus: the golden blobs, the demo model, and recorded cases of every operator, for every core that has
kernels of its own for it.

usage: seeds.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from linnet.errors import LinnetError
from linnet.importers.tflite import read_tflite
from linnet.layouts import TUNED, names
from linnet.packer import pack, pack_graph
from linnet.passes import run_all

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "models/digits/digits.tflite"
LAYOUTS = [("portable", "speed"), *((core, layout) for core in TUNED for layout in names(core))]
MAX_BYTES = 16384  # of a seed: short ones are mutated where it matters
CASES = 4  # of an operator, spread over those recorded


def write_cases(path, folder):
    """Blobs of some of the cases recorded in an .npz file."""
    with np.load(path) as arrays:
        models = [arrays[key].tobytes() for key in arrays.files if key.endswith("_model")]
    file = folder / "case.tflite"
    for number, model in list(enumerate(models))[:: max(1, len(models) // CASES)]:
        file.write_bytes(model)
        for core, layout in LAYOUTS:
            try:
                packed = pack_graph(run_all(read_tflite(file, allow_float=True)), file, n_golden=1, core=core, layout=layout)
            except LinnetError:
                break  # a case for the importer's refusals
            is_new = core == "portable" or any(operator.variant for operator in packed.blob.operators)
            if is_new and len(packed.data) <= MAX_BYTES:
                (folder / f"{path.stem}-{number:03}-{core}-{layout}.linnet").write_bytes(packed.data)
    file.unlink()


def main(folder):
    folder = Path(folder)
    for path in (ROOT / "tests/blob/golden").glob("*.linnet"):
        (folder / path.name).write_bytes(path.read_bytes())
    for core, layout in LAYOUTS:
        (folder / f"digits-{core}-{layout}.linnet").write_bytes(pack(DIGITS, core=core, layout=layout))
    for path in sorted((ROOT / "tests/kernels/vectors").glob("*.npz")):
        write_cases(path, folder)


main(sys.argv[1])
