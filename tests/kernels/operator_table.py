"""The README's operator table, from what the recorded cases show: which operators run, on what, in which module, tuned for which core.

    python operator_table.py            # the table, as README.md has it
"""

import tempfile
from pathlib import Path

import record

from linnet import fields, layouts
from linnet.graph import Graph, is_constant
from linnet.importers.subgraphs import CONTROL
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.operators import OPERATORS
from linnet.passes import run_all

CORE_NAMES = {"armv6m": "M0+", "armv7em": "M4, M7, M33", "helium": "M55", "rv32imc": "RV32IMC", "xtensa": "ESP32"}
COLUMNS = {"int8": ("int8", "uint8"), "int16": ("int16",), "float32": ("float32",), "int32, int64, bool": ("int32", "int64", "bool")}
HEAD = ("operator", *COLUMNS, "tuned for")
# What a file may hold but a board never sees: computed, unrolled or followed when the model is packed.
ON_THE_HOST = (*CONTROL, "SHAPE", "RANGE", "REDUCE_PROD")
# Device operators that are less than a kernel of their own: what the table says instead of their module.
PLAIN = {"LUT": "table", "RESHAPE": "free"}


def facts(paths=None):
    """{operator of TFLite: ({column: device codes}, {cores with a tuned kernel})}, as its recorded cases show."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        for path in paths or sorted(record.VECTORS.glob("*.npz")):
            for _, content, _ in record.recorded(path):
                file.write_bytes(content)
                graph = read_tflite(file, allow_float=True)
                for op in graph.operators if len(graph.operators) > 1 else ():
                    if op.kind.endswith("_VARIABLE"):
                        _add(found, op.kind, _dtype(op), lower(Graph(op.kind, [], [], [op])))
                if len(graph.operators) == 1:
                    kind, dtype = graph.operators[0].kind, _dtype(graph.operators[0])
                    _add(found, kind, dtype, lower(run_all(graph)))
    return found


def _add(found, kind, dtype, steps):
    by_column, cores = found.setdefault(kind, ({}, set()))
    column = next(name for name, dtypes in COLUMNS.items() if dtype in dtypes)
    by_column.setdefault(column, set()).update(step.code for step in steps)
    cores.update(core for core in layouts.TUNED if any(step.variant for step in layouts.tune(steps, core)))


def _dtype(op):
    """Of what it works on; a selection works on what it selects from."""
    computed = [tensor for tensor in op.inputs if tensor is not None and not is_constant(tensor)]
    return op.outputs[0].dtype if op.kind == "SELECT_V2" else (computed or op.inputs)[0].dtype


def _cell(codes):
    if codes == "host":
        return codes
    names = {PLAIN.get(fields.OPERATORS[code][0], fields.GROUPS[code // fields.GROUP_CODES]) for code in codes}
    order = [*fields.GROUPS, *PLAIN.values()]
    return " · ".join(sorted(names, key=order.index))


def table(found):
    """The lines of README's table."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    # Two names of one operator: SELECT and SELECT_V2.
    twins = {kind: found[twin] for kind, module in OPERATORS.items() for twin in found if OPERATORS[twin] is module and kind not in found}
    rows = twins | found | {kind: (dict.fromkeys(COLUMNS, "host"), set()) for kind in ON_THE_HOST}
    for kind, (by_column, cores) in sorted(rows.items()):
        cells = [_cell(by_column.get(column, ())) for column in COLUMNS]
        tuned = ", ".join(CORE_NAMES[core] for core in layouts.TUNED if core in cores)
        lines.append("| " + " | ".join([kind, *cells, tuned]).replace("|  |", "| |").replace("|  |", "| |") + " |")
    return [line.replace("  ", " ") for line in lines]


if __name__ == "__main__":
    print("\n".join(table(facts())))
