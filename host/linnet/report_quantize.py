"""What `linnet quantize` tells: the cost of every layer, the worst first, and of the whole."""

from rich import box
from rich.table import Table

from linnet.report import console, n_bytes

N_WORST = 12  # rows of the terminal's table


def print_result(result, output):
    """A Result of linnet.quantizer."""
    out = console()
    worst = sorted(result.rows, key=lambda row: row.activations_db)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=None)
    columns = (("operator", "left"), ("layer", "left"), ("weights", "right"), ("", "left"), ("activations", "right"))
    for heading, justify in columns:
        table.add_column(heading, justify=justify, no_wrap=heading != "layer")
    for row in worst[:N_WORST]:
        table.add_row(f"{row.index} {row.kind}", short(row.layer), db(row.weights_db), row.kept_in, db(row.activations_db))
    out.print("signal to quantization noise, the worst layers first")
    out.print(table)
    if len(worst) > N_WORST:
        left = len(worst) - N_WORST
        out.print(f"and {left} {'layer' if left == 1 else 'layers'} better than these")
    for line in summary(result):
        out.print(line)
    out.print(f"-> {output}")


def print_compared(compared, least_db):
    """A Compared of linnet.verify_quantized."""
    out = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in (("#", "right"), ("operator", "left"), ("layer", "left"), ("signal to noise", "right")):
        table.add_column(heading, justify=justify, no_wrap=heading != "layer")
    for row in compared.rows:
        table.add_row(str(row.operator), row.name, short(row.layer), row.why_not or db(row.db))
    if compared.rows:
        out.print(table)
    for index, found in enumerate(compared.outputs):
        which = f"output {index}" if len(compared.outputs) > 1 else "the outputs"
        verdict = "" if found >= least_db else f", less than {least_db:g} dB"
        out.print(f"{which}: {db(found)} against the float model{verdict}, on {compared.n_samples} samples")


def summary(result):
    """Sentences: choices, sizes, accuracy."""
    choices, packed = result.quantized.choices, result.packed
    how = "float32, weights in float16" if choices["weights"] == "float16" else _how(choices)
    lines = [
        f"{how}: outputs {db(result.quantized.sqnr_db)} on {result.n_samples} calibration samples",
        f"constants {n_bytes(result.real_bytes)} -> {n_bytes(len(packed.blob.weights))} bytes, "
        f"arena {n_bytes(result.real_arena_bytes)} -> {n_bytes(packed.blob.arena_bytes)} bytes",
    ]  # fmt: skip
    found = result.evaluation
    if found is not None and found.right_real is not None:
        share = [f"{right} of {found.n} right ({100 * right / found.n:.1f} %)" for right in (found.right_real, found.right_int8)]
        lines.append(f"evaluation: float {share[0]}, {choices['weights']} {share[1]}; outputs {db(found.sqnr_db)}")
    elif found is not None:
        lines.append(f"evaluation: outputs {db(found.sqnr_db)} on {found.n} samples")
    return lines


def _how(choices):
    """What was chosen for an int8 model, in a few words."""
    also = [name.replace("_", " ") for name in ("equalize", "correct_bias") if choices[name]]
    narrow = ["weights of dense and 1x1 layers in int4"] if choices["weights"] == "int4" else []
    return ", ".join([f"ranges by {choices['method']}", *also, f"rounding {choices['rounding']}", *narrow])


def db(value):
    return "" if value is None else "exact" if value == float("inf") else f"{value:.1f} dB"


def short(layer):
    first = layer.split(";")[0]
    return first if len(first) <= 48 else "…" + first[-47:]
