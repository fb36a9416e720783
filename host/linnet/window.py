"""Models whose weights are larger than RAM: what a weight window (device/linnet/window.py) takes, and packing for one."""

from functools import cache

from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import is_constant

# What a board allocates beside arena, window and tables: the file, and what describes the model. Measured, with room to spare.
STATE_BYTES = 2048
LEAST_BYTES = 16


def operator_bytes(blob):
    """[bytes of the window that each operator of a blob.Blob wants for itself]."""
    return [high - low for low, high in map(lambda operator: _span(blob, operator), blob.operators)]


def _span(blob, operator):
    """(start, end) in WEIGHTS of all that an operator reads there, as device/runtime/linnet_window.c has it."""
    ranges = [(operator.data_offset, operator.data_bytes)]
    rows = [blob.tensors[i] for i in operator.inputs]
    ranges += [(row.offset, row.bytes) for row in rows if row.in_weights]
    ranges = [(at, at + n_bytes) for at, n_bytes in ranges if n_bytes]
    return (min(at for at, _ in ranges) & ~15, max(end for _, end in ranges)) if ranges else (0, 0)


def least_window_bytes(blob):
    """The smallest window that a blob.Blob runs with: what its largest operator wants."""
    return max([LEAST_BYTES, *operator_bytes(blob)])


def tables_bytes(data):
    """Bytes of a blob that are in RAM beside the window: all that lies before its weights."""
    if len(data) < fields.HEADER.size:
        return len(data)
    n_sections = fields.HEADER.unpack(data[: fields.HEADER.size])["n_sections"]
    for at in range(fields.HEADER.size, fields.HEADER.size + n_sections * fields.SECTION.size, fields.SECTION.size):
        if at + fields.SECTION.size > len(data):
            break
        row = fields.SECTION.unpack(data[at : at + fields.SECTION.size])
        if fields.SECTIONS.get(row["kind"]) == "WEIGHTS":
            return row["offset"]
    return len(data)


def window_ram_bytes(data, window_bytes):
    """RAM that linnet.load(name, window=window_bytes) takes besides the arena. data: the bytes of a sound blob."""
    return tables_bytes(data) + max(window_bytes, LEAST_BYTES) + STATE_BYTES


def check_window(blob, window_bytes, what, is_split=False):
    """Raises LinnetError unless every operator of a blob.Blob fits a window.

    what: names the blob. is_split: it has been packed for this window, so that packing it again will not help.
    """
    least = least_window_bytes(blob)
    remedy = f"take a window of {least}"
    if not is_split:
        remedy = f"pack the model with --window {window_bytes}, or {remedy}"
    for index, n_bytes in enumerate(operator_bytes(blob)):
        if n_bytes > window_bytes:
            raise LinnetError(
                f"{what}: operator {index} {blob.operators[index].name} has {n_bytes} bytes of constants, the window "
                f"{window_bytes}; {remedy}"
            )


def split(graph, core, layout, window_bytes):
    """Splits the layers of a Graph, after the passes, that are larger than a window; LinnetError names one that cannot be."""
    from linnet.passes import split_layers

    @cache
    def n_bytes(op):
        return max(map(_step_bytes, _steps(op, core, layout)), default=0)

    split_layers.run(graph, window_bytes, n_bytes)
    too_large = next((op for op in graph.operators if n_bytes(op) > window_bytes), None)
    if too_large is not None:
        least = max(map(n_bytes, graph.operators))
        raise LinnetError(
            f"{graph.name}: {too_large} has {n_bytes(too_large)} bytes of constants and cannot be split to fit a window of "
            f"{window_bytes}: take one of {least}"
        )


def _steps(op, core, layout):
    from linnet import layouts
    from linnet.operators import lower_operator

    made = lower_operator(op)
    return layouts.tune(made if isinstance(made, list) else [made], core, layout)


def _step_bytes(step):
    """Bytes of WEIGHTS that a Step takes, each constant at a multiple of 16."""
    constants = [len(step.data)] + [tensor.bytes for tensor in step.inputs if is_constant(tensor)]
    return sum(-(-n // 16) * 16 for n in constants)
