"""What `linnet quantize` tells: the cost of every layer, the worst first, and of the whole."""

from rich import box
from rich.table import Table

from linnet.quantizer.mixed import LEAST_GAIN_DB
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
    for each in result.quantized.widened:
        out.print(widened_line(each))
    for line in summary(result):
        out.print(line)
    table = Table(box=None, pad_edge=False, show_header=False)
    for what, before, after in changes(result):
        table.add_row(what, f"{after} ({before})")
    out.print(table)
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
    """Sentences: what was chosen, and what could not be told."""
    choices = result.quantized.choices
    how = "float32, weights in float16" if choices["weights"] == "float16" else _how(choices)
    lines = [f"{how}: outputs {db(result.quantized.sqnr_db)} on {result.n_samples} calibration samples"]
    if choices["scale_inputs"]:
        lines.append("features are scaled in float32 before the first layer, as their ranges are unlike: the model takes float32")
    if choices["mixed"] and not result.quantized.widened:
        lines.append(f"no layer gains the outputs {LEAST_GAIN_DB} dB in int16: all stay int8")
    found = result.evaluation
    if found is not None and found.right_real is None:
        lines.append("the evaluation has no class indices y: accuracy cannot be told")
    return lines


def changes(result):
    """[(what, before, after)]: accuracy, size and memory of the float model and of the quantized one."""
    packed, found, rows = result.packed, result.evaluation, []
    if found is not None and found.right_real is not None:
        before, after = (f"{right} of {found.n} right, {100 * right / found.n:.1f} %" for right in (found.right_real, found.right_int8))
        rows.append(("accuracy", f"float {before}", after))
    if found is not None:
        rows.append(("outputs, evaluation", f"on {found.n} samples", db(found.sqnr_db)))
    rows.append(("outputs, calibration", f"on {result.n_samples} samples", db(result.quantized.sqnr_db)))
    rows.append(("constants", f"float {n_bytes(result.real_bytes)}", f"{n_bytes(len(packed.blob.weights))} bytes"))
    rows.append(("arena", f"float {n_bytes(result.real_arena_bytes)}", f"{n_bytes(packed.blob.arena_bytes)} bytes"))
    return rows


def widened_line(each):
    """A mixed.Widened as a sentence."""
    return (
        f'{each.kind} "{short(each.layer)}" in int16: outputs {each.gained_db:+.1f} dB, constants {each.constant_bytes:+,} bytes, '
        f"arena {each.arena_bytes:+,} bytes"
    )


def _how(choices):
    """What was chosen for an int8 model, in a few words."""
    also = [name.replace("_", " ") for name in ("equalize", "correct_bias") if choices[name]]
    narrow = ["weights of dense and 1x1 layers in int4"] if choices["weights"] == "int4" else []
    return ", ".join([f"ranges by {choices['method']}", *also, f"rounding {choices['rounding']}", *narrow])


def db(value):
    if value is None or value == float("-inf"):
        return "" if value is None else "impossible"
    return "exact" if value == float("inf") else f"{value:.1f} dB"


def short(layer):
    first = layer.split(";")[0]
    return first if len(first) <= 48 else "…" + first[-47:]
