"""Tables and pictures for the terminal. Without colour everything is still there."""

import os

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from linnet import fields

# One colour a tensor, in turn; one shade as well, for terminals and eyes without colour.
COLOURS = "cyan magenta yellow green blue red bright_cyan bright_magenta".split()
SHADES = "▓▒█░"
SHARED, FREE = "╳", "·"


def console():
    """stdout; as wide as the terminal, 100 columns where there is none (a pipe, a file)."""
    # Names of layers and files may hold brackets: no markup.
    made = Console(highlight=False, markup=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made = Console(highlight=False, markup=False, width=100)
    return made


def progress(samples):
    """The samples, with a bar on stderr when they take more than a second."""
    bar_console = Console(stderr=True)
    if not bar_console.is_terminal:
        return samples
    return _late_bar(samples, bar_console)


def _late_bar(samples, bar_console):
    import time

    start, samples = time.monotonic(), list(samples)
    for index, sample in enumerate(samples):
        if time.monotonic() - start > 1:
            yield from track(samples[index:], "", len(samples), console=bar_console, transient=True, completed=index)
            return
        yield sample


def n_bytes(count):
    """12,345"""
    return f"{count:,}"


def _shape(shape):
    return "×".join(str(size) for size in shape) or "scalar"


def _short(layer):
    """The first of the names that a converter has joined, its end if it is long."""
    first = layer.split(";")[0]
    return first if len(first) <= 48 else "…" + first[-47:]


def _quantization(tensor):
    if not tensor["scale"]:
        return ""
    return f", scale {tensor['scale']:.6g}, zero point {tensor['zero_point']}"


def print_packed(packed, source, output):
    """What `linnet pack` tells of its work."""
    blob = packed.blob
    out = console()
    counts = {}
    for row in blob.operators:
        counts[row.name] = counts.get(row.name, 0) + 1
    out.print(f"{source} -> {output}")
    grid = Table.grid(padding=(0, 2))
    grid.add_row("size", f"{n_bytes(len(packed.data))} bytes, {n_bytes(len(blob.weights))} of them constants")
    grid.add_row("arena", f"{n_bytes(blob.arena_bytes)} bytes of RAM, scratch included")
    grid.add_row("laid out for", fields.CORES[blob.core])
    grid.add_row("operators", f"{len(blob.operators)}: " + ", ".join(f"{name} ×{n}" for name, n in counts.items()))
    for side, indices in (("input", blob.inputs), ("output", blob.outputs)):
        for index in indices:
            row = blob.tensors[index]
            quant = f", scale {row.scale:.6g}, zero point {row.zero_point}" if row.scale else ""
            grid.add_row(side, f"{row.dtype} {_shape(row.shape)}{quant}")
    if packed.blob.golden:
        exact = "equal to" if not any(row.name.endswith("_FLOAT32") for row in blob.operators) else "as near as floats come to"
        proof = f"{exact} LiteRT's, operator by operator" if packed.checked else "not compared: pip install linnet[litert]"
        proof = proof if str(source).endswith(".tflite") else "of the host's core: LiteRT, which would confirm them, reads .tflite files only"
        but = f" (but {', '.join(packed.not_compared)}, of which LiteRT is no judge)" if packed.not_compared else ""
        grid.add_row("golden", f"{len(blob.golden)} vectors, {proof}{but}")
    out.print(grid)


def print_blob(described):
    """The tables and the picture of `linnet inspect`, from inspect.describe."""
    out = console()
    d = described
    out.print(
        f"{d['file']}: {d.get('name', 'a model')}, format {d['format']}, {n_bytes(d['bytes'])} bytes, "
        f"{n_bytes(d['arena_bytes'])} bytes of RAM, {n_bytes(d['macs'])} MACs",
    )
    grid = Table.grid(padding=(0, 2))
    for side in ("input", "output"):
        for tensor in d[side + "s"]:
            grid.add_row(side, f"{tensor['dtype']} {_shape(tensor['shape'])}{_quantization(tensor)}")
    grid.add_row("sections", ", ".join(f"{name} {n_bytes(size)}" for name, size in d["sections"].items()))
    if d["labels"]:
        grid.add_row("labels", ", ".join(d["labels"]))
    grid.add_row("golden", f"{d['golden_vectors']} vectors")
    grid.add_row("core", d["core"])
    for key in ("source", "producer", "preprocessing"):
        if d.get(key):
            grid.add_row(key, d[key])
    out.print(grid)
    out.print()
    out.print(_operators(d))
    out.print()
    _print_memory(out, d)


def _operators(d):
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True)
    rows = d["operators"]
    table.add_column("#", "", justify="right")
    table.add_column("operator", "total")
    table.add_column("output")
    for name, key in (("MACs", "macs"), ("constants", "data_bytes"), ("weights", "weights_bytes")):
        table.add_column(name, n_bytes(sum(row[key] for row in rows)), justify="right")
    table.add_column("scratch", n_bytes(max((row["scratch_bytes"] for row in rows), default=0)) + " max", justify="right")
    table.add_column("live", n_bytes(max((row["live_bytes"] for row in rows), default=0)) + " max", justify="right")
    for row in rows:
        numbers = (row[key] for key in ("macs", "data_bytes", "weights_bytes", "scratch_bytes", "live_bytes"))
        output = f"{row['dtype']} {_shape(row['outputs'][0])}"
        table.add_row(str(row["index"]), row["name"], output, *(n_bytes(number) if number else "–" for number in numbers))
    return table


# The memory plan ---------------------------------------------------------------------------------------------


def _print_memory(out, d):
    """Time goes down, a row per operator; the arena goes across, from byte 0 to the last."""
    names = [f"{row['index']:>3} {row['name']}" for row in d["operators"]]
    margin = max([len(name) for name in names], default=0) + 1
    width = max(16, min(out.width - margin, 160))
    arena = d["arena_bytes"]
    if not arena:
        return
    out.print(
        f"memory, {n_bytes(arena)} bytes across ({n_bytes(max(1, arena // width))} a character): "
        f"the number is the operator that makes the tensor, s is scratch, {SHARED} is shared by input and output",
    )
    for number, name in enumerate(names):
        live = [item for item in d["memory"] if item["first"] <= number <= item["last"]]
        out.print(Text(name.ljust(margin)) + _bar(live, arena, width), no_wrap=True, overflow="crop")


def _bar(live, arena, width):
    """One row of the picture: what lies where while one operator runs."""
    cells = [(FREE, "dim")] * width
    labels = []
    for item in sorted(live, key=lambda item: item["bytes"], reverse=True):
        start = item["offset"] * width // arena
        end = max(start + 1, -(-(item["offset"] + item["bytes"]) * width // arena))
        hue = _hue(item)
        for at in range(start, min(end, width)):
            # A cell that two tensors only touch belongs to the larger one.
            taken = cells[at][0] not in FREE
            inside = start < at < end - 1
            if not taken or end - start == 1:
                cells[at] = (SHADES[hue % len(SHADES)], COLOURS[hue % len(COLOURS)])
            elif inside:
                cells[at] = (SHARED, COLOURS[hue % len(COLOURS)])
        labels.append((start, end, item["label"], hue))
    taken = set()
    for start, end, label, hue in reversed(labels):
        # At the start of the tensor, or after another's label there.
        while start in taken:
            start += 1
        places = range(start, start + len(label))
        if places.stop < end and not taken.intersection(places):
            taken.update(range(start, places.stop + 1))
            for at, letter in zip(places, label):
                cells[at] = (letter, "bold " + COLOURS[hue % len(COLOURS)])
    text = Text()
    for glyph, style in cells:
        text.append(glyph, style)
    return text


def _hue(item):
    """The number that a tensor's colour and shade follow from."""
    return int(item["label"]) if item["label"].isdigit() else len(COLOURS) - 1


# The others --------------------------------------------------------------------------------------------------


def print_run(ran):
    """What `linnet run` tells."""
    shapes = ", ".join(str(tuple(shape)) for shape in ran.shapes)
    each_us = 1e6 * ran.seconds / max(1, ran.n_samples)
    each = f"{each_us:,.0f} us each" + ("" if ran.where == "host" else ", transfer included")
    print(f"{ran.n_samples} samples on {ran.where}, {each}; {ran.output}: {shapes}")


def print_verified(result):
    """The table of `linnet verify`."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("operator")
    table.add_column("layer")
    table.add_column("compared", justify="right")
    table.add_column("different", justify="right")
    for row in result.rows:
        style = "red" if row.different else ""
        compared = ("–", f"not compared: {row.why_not}") if row.why_not else (n_bytes(row.elements), n_bytes(row.different))
        table.add_row(str(row.operator), row.name, _short(row.layer), *compared, style=style)
    out.print(table)
    total = sum(row.elements for row in result.rows)
    if result.difference:
        out.print(f"first difference: {result.difference}")
    else:
        nearly = {row.name: row.units for row in result.rows if row.units}
        but = "".join(f", those of {name} within {units} units in the last place" for name, units in sorted(nearly.items()))
        n_not = sum(bool(row.why_not) for row in result.rows)
        but += f"; {n_not} of {len(result.rows)} operators were not compared" if n_not else ""
        out.print(f"all {n_bytes(total)} values of {result.n_samples} samples equal LiteRT's{but}")

