"""The README's operator table, from what the recorded cases show: which operators run, on what, where, and what is tuned.

    python operator_table.py            # the table, as README.md has it
"""

import sys
import tempfile
from pathlib import Path

import record

from linnet import fields, layouts
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.passes import run_all

HEAD = ("operator", "activations", "module", "runs as", "tuned for")
CORE_NAMES = {"armv6m": "M0+", "armv7em": "M4, M7, M33", "helium": "M55", "rv32imc": "RV32IMC", "xtensa": "ESP32"}
DTYPES = ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")


def facts(paths=None):
    """{operator of TFLite: {"dtypes", "codes", "cores"}}: sets of what its recorded cases need and get."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        for path in paths or sorted(record.VECTORS.glob("*.npz")):
            for _, content, _ in record.recorded(path):
                file.write_bytes(content)
                graph = read_tflite(file, allow_float=True)
                kinds = [op.kind for op in graph.operators]
                dtypes = {op.kind: op.inputs[0].dtype for op in graph.operators if op.inputs}
                steps = lower(run_all(graph))
                tuned = {core for core in layouts.TUNED for step in layouts.tune(steps, core) if step.variant}
                for kind in kinds:
                    row = found.setdefault(kind, {"dtypes": set(), "codes": set(), "cores": set()})
                    row["dtypes"].add(dtypes.get(kind, ""))
                    row["codes"] |= {step.code for step in steps}
                    row["cores"] |= tuned
    return found


def table(found):
    """The lines of README's table."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    for kind, row in sorted(found.items()):
        groups = sorted({code // fields.GROUP_CODES for code in row["codes"]})
        names = sorted({fields.OPERATORS[code][0] for code in row["codes"]} - {kind})
        cells = (
            kind,
            ", ".join(dtype for dtype in DTYPES if dtype in row["dtypes"]),
            ", ".join(fields.GROUPS[group] for group in groups),
            ", ".join(names) or "itself",
            ", ".join(CORE_NAMES[core] for core in layouts.TUNED if core in row["cores"]) or "–",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    print("\n".join(table(facts([Path(name) for name in sys.argv[1:]] or None))))
