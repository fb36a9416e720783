"""The fuzzer's first corpus: the golden blobs, the demo model, and recorded cases of every operator, in every layout that a
core has for it.

usage: seeds.py FOLDER
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from linnet import layouts
from linnet.errors import LinnetError
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.packer import assemble, pack, prove
from linnet.passes import run_all

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "models/digits/digits.tflite"
LAYOUTS = [("portable", "speed"), *((core, layout) for core in layouts.TUNED for layout in layouts.names(core))]
MAX_BYTES = 16384  # of a seed: short ones are mutated where it matters
CASES = 4  # of an operator's file, for each kernel


def write_cases(path, folder):
    """Blobs of some of the cases recorded in an .npz file, those first that lie far apart."""
    with np.load(path) as arrays:
        models = [arrays[key].tobytes() for key in arrays.files if key.endswith("_model")]
    file, seen, stride = folder / "case.tflite", Counter(), max(1, len(models) // CASES)
    for number in sorted(range(len(models)), key=lambda i: (i % stride, i)):
        file.write_bytes(models[number])
        try:
            graph = run_all(read_tflite(file, allow_float=True))
            steps = lower(graph)
        except LinnetError:
            continue  # a case for the importer's refusals
        for core, layout in LAYOUTS:
            tuned = layouts.tune(steps, core, layout)
            kernels = {(step.code, step.variant) for step in tuned if core == "portable" or step.variant}
            if all(seen[kernel] >= CASES for kernel in kernels):
                continue
            blob = prove(assemble(tuned, graph.inputs, graph.outputs, core=core), n_golden=1).data
            if len(blob) <= MAX_BYTES:
                seen.update(kernels)
                (folder / f"{path.stem}-{number:03}-{core}-{layout}.linnet").write_bytes(blob)
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
