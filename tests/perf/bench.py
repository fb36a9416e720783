"""What the kernels cost: the MLPerf Tiny models and the demo's, every core, every layout, in executed instructions.

    python tests/perf/bench.py [--core NAME]... [--model NAME]...

Packs each model for each core with constant channels kept (the gates hold for these) and taken out, counts one inference
in QEMU, and writes build/bench/bench.md and bench.json, the same bytes each time. Exit status 1 when a gate is missed.
"""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from linnet import profile
from linnet.packer import pack_model
from linnet.paths import build_dir

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "models"  # the public models, not in the repository
MODELS = {
    "KWS": SHARED / "kws_ref_model.tflite",
    "IC": SHARED / "pretrainedResnet_quant.tflite",
    "VWW": SHARED / "vww_96_int8.tflite",
    "AD": SHARED / "ad01_int8.tflite",
    "digits": ROOT / "models" / "digits" / "digits.tflite",
}
PUBLIC = ("KWS", "IC", "VWW", "AD")
# Core of `linnet profile` -> what its models are packed for.
PACKED_FOR = {"m0plus": "armv6m", "m4": "armv7em", "m7": "armv7em", "m33": "armv7em", "m55": "helium", "rv32": "rv32imc"}

# Millions of instructions of one inference of TFLite Micro 2026-08-20 with the CMSIS-NN it pins (on rv32 that library's
# portable C), release flags, gcc 12.2, counted in QEMU as here: ../shared/performance.md.
PEER = {
    "m0plus": {"KWS": 29.00, "IC": 97.56, "VWW": 86.86, "AD": 1.763},
    "m4": {"KWS": 7.672, "IC": 29.62, "VWW": 24.04, "AD": 0.583},
    "m7": {"KWS": 7.618, "IC": 29.77, "VWW": 23.96, "AD": 0.583},
    "m33": {"KWS": 7.680, "IC": 29.96, "VWW": 24.05, "AD": 0.584},
    "m55": {"KWS": 1.785, "IC": 4.813, "VWW": 6.434, "AD": 0.150},
    "rv32": {"KWS": 16.29, "IC": 65.39, "VWW": 48.72, "AD": 1.478},
}
_DSP = {"KWS": 0.40, "IC": 0.42, "VWW": 0.38, "AD": 0.46}
# At most this share of the peer's instructions.
GATES = {
    "m0plus": {"KWS": 0.30, "IC": 0.34, "VWW": 0.30, "AD": 0.33},
    "m4": _DSP,
    "m7": _DSP,
    "m33": _DSP,
    "m55": {"KWS": 0.42, "IC": 0.50, "VWW": 0.34, "AD": 0.34},
    "rv32": {"KWS": 0.46, "IC": 0.46, "VWW": 0.44, "AD": 0.46},
}
RAM_GATES = {"KWS": 11_000, "IC": 38_000, "VWW": 42_000, "AD": 2_100}  # bytes of arena, scratch included
# Bytes of RAM; None: not measured. Same source.
RAM_PEERS = {
    "TFLite Micro + CMSIS-NN, M4": {"KWS": 22_820, "IC": 54_996, "VWW": 100_708, "AD": 2_580},
    "TinyMaix, without 6.5 KB static": {"KWS": 16_000, "IC": None, "VWW": 55_296, "AD": 768},
    "TinyEngine": {"KWS": None, "IC": None, "VWW": 60_728, "AD": None},
}


def blobs_of(model, core):
    """[(layout, dropped, Packed)] of a model for a core, without those that repeat another's bytes.

    layout: "speed", "size" or "portable"; dropped: constant channels are out.
    """
    made = []
    for layout, target in (("speed", PACKED_FOR[core]), ("size", PACKED_FOR[core]), ("portable", "portable")):
        for dropped in (False, True):
            packed = pack_model(
                MODELS[model], n_golden=0, core=target, layout="speed" if layout == "portable" else layout, drop_constants=dropped
            )
            if all(packed.data != other.data for _, _, other in made):
                made.append((layout, dropped, packed))
    return made


def measure(model, core):
    """Rows (dicts) of a model on a core: one for each of its blobs."""
    rows = []
    for layout, dropped, packed in blobs_of(model, core):
        profiled = profile.profile(packed.data, core)
        peer = PEER[core].get(model)
        ratio = profiled.total / (peer * 1e6) if peer else None
        gated = peer is not None and layout == "speed" and not dropped
        rows.append(
            {
                "model": model,
                "core": core,
                "layout": layout,
                "constant_channels": "dropped" if dropped else "kept",
                "instructions": profiled.total,
                "peer_instructions": round(peer * 1e6) if peer else None,
                "ratio": round(ratio, 4) if ratio else None,
                "gate": GATES[core][model] if gated else None,
                "gate_met": ratio <= GATES[core][model] if gated else None,
                "arena_bytes": profiled.arena_bytes,
                "ram_gate_bytes": RAM_GATES[model] if gated else None,
                "ram_gate_met": profiled.arena_bytes <= RAM_GATES[model] if gated else None,
                "stack_bytes": profiled.stack_bytes,
                "code_bytes": profiled.code_bytes,
                "blob_bytes": len(packed.data),
            }
        )
    return rows


def is_met(row):
    return row["gate_met"] is not False and row["ram_gate_met"] is not False


# Tables: (headings, rows of str) ------------------------------------------------------------------------------


def instructions_table(rows):
    """Gated rows, a line a core: millions of instructions, the peer's, their ratio."""
    lines = []
    for core in PACKED_FOR:
        found = {row["model"]: row for row in rows if row["core"] == core and row["gate"]}
        if found:
            lines.append([profile.CORES[core].title] + [_against_peer(found.get(model)) for model in PUBLIC])
    return ["core"] + list(PUBLIC), lines


def _against_peer(row):
    if row is None:
        return "–"
    peer = PEER[row["core"]][row["model"]]
    return f"{_millions(row['instructions'])} / {_millions(peer * 1e6)} = {row['ratio']:.2f}{'' if row['gate_met'] else ' MISSED'}"


def ram_table(rows):
    """Bytes of RAM, a line an engine; Linnet once for each set of kernels."""
    lines = [[name] + [_bytes(known[model]) for model in PUBLIC] for name, known in RAM_PEERS.items()]
    for target in dict.fromkeys(PACKED_FOR.values()):
        found = {row["model"]: row for row in rows if PACKED_FOR[row["core"]] == target and row["gate"]}
        if found:
            cells = [_bytes(found[model]["arena_bytes"]) if model in found else "–" for model in PUBLIC]
            missed = [" MISSED" if model in found and not found[model]["ram_gate_met"] else "" for model in PUBLIC]
            lines.append([f"Linnet, {target}"] + [cell + mark for cell, mark in zip(cells, missed)])
    return ["bytes"] + list(PUBLIC), lines


def full_table(rows):
    """Every row, every column."""
    headings = ["model", "core", "layout", "constant channels", "M instructions", "of the peer", "gate", "arena", "RAM gate", "stack", "code", "blob"]
    lines = []
    for row in rows:
        gate = "" if row["gate"] is None else f"{row['gate']:.2f} {'met' if row['gate_met'] else 'MISSED'}"
        ram_gate = "" if row["gate"] is None else f"{_bytes(row['ram_gate_bytes'])} {'met' if row['ram_gate_met'] else 'MISSED'}"
        lines.append(
            [row["model"], row["core"], row["layout"], row["constant_channels"], _millions(row["instructions"]),
             "" if row["ratio"] is None else f"{row['ratio']:.3f}", gate, _bytes(row["arena_bytes"]), ram_gate,
             _bytes(row["stack_bytes"]), _bytes(row["code_bytes"]), _bytes(row["blob_bytes"])]
        )  # fmt: skip
    return headings, lines


def _millions(instructions):
    return f"{instructions / 1e6:.3f}" if instructions < 10e6 else f"{instructions / 1e6:.2f}"


def _bytes(count):
    return "–" if count is None else f"{count:,}"


def markdown(headings, lines, n_left=1):
    rule = ["---"] * n_left + ["--:"] * (len(headings) - n_left)
    return "\n".join("| " + " | ".join(line) + " |" for line in [headings, rule, *lines]) + "\n"


def page(rows, skipped):
    """bench.md."""
    return "\n".join(
        [
            "# Benchmark\n",
            "Made by `make bench`. One inference, executed instructions counted in QEMU; outputs equal to the host's.\n",
            *(f"{sentence}\n" for sentence in skipped),
            "## Millions of instructions: Linnet / TFLite Micro with CMSIS-NN = ratio\n",
            "Fastest layout, constant channels kept.\n",
            markdown(*instructions_table(rows)),
            "## RAM\n",
            "Arena: activations and scratch.\n",
            markdown(*ram_table(rows)),
            "## Everything\n",
            "Layouts that give the same blob, and models without constant channels, are listed once. Arena, stack, code and blob in bytes.\n",
            markdown(*full_table(rows), n_left=4),
        ]
    )


def show(out, title, headings, lines, n_left=1):
    out.print(title)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="left" if index < n_left else "right", no_wrap=True)
    for line in lines:
        table.add_row(*line, style="red" if any("MISSED" in cell for cell in line) else "")
    out.print(table)
    out.print()


@click.command()
@click.option("--core", "cores", type=click.Choice(list(PACKED_FOR)), multiple=True, help="only this core; repeatable")
@click.option("--model", "models", type=click.Choice(list(MODELS)), multiple=True, help="only this model; repeatable")
def main(cores, models):
    """count instructions of every model on every core"""
    out = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 150)
    wanted = [model for model in MODELS if not models or model in models]
    skipped = [f"{model} is skipped: ../shared/models/{MODELS[model].name} is not there." for model in wanted if not MODELS[model].exists()]
    pairs = [(m, c) for m in wanted if MODELS[m].exists() for c in PACKED_FOR if not cores or c in cores]
    rows = []
    for model, core in track(pairs, "profiling", console=Console(stderr=True), transient=True):
        rows += measure(model, core)

    folder = build_dir() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps({"skipped": skipped, "rows": rows}, indent=1) + "\n")
    (folder / "bench.md").write_text(page(rows, skipped))

    show(out, "everything", *full_table(rows), n_left=4)
    show(out, "millions of instructions: Linnet / TFLM = ratio", *instructions_table(rows))
    show(out, "RAM", *ram_table(rows))
    for sentence in skipped:
        out.print(sentence)
    gated = [row for row in rows if row["gate"]]
    missed = [row for row in gated if not is_met(row)]
    out.print(f"{2 * len(gated)} gates, instructions and RAM; missed: {', '.join(r['model'] + ' on ' + r['core'] for r in missed) or 'none'}.")
    out.print(f"Written: {folder / 'bench.md'} and bench.json.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
