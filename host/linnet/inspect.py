"""What is in a blob: a description for people and JSON, and a dump that names every field."""

import struct
from dataclasses import dataclass
from pathlib import Path

from linnet import blob as blobs
from linnet import fields
from linnet.fields import padded


def describe(path):
    """Everything but the weights, as a dict that JSON can hold. Sizes are in bytes.

    Raises LinnetError when the file is not a sound blob.
    """
    blob = blobs.read(path)
    data = Path(path).read_bytes()
    operators = [_describe_operator(blob, index) for index in range(len(blob.operators))]
    return {
        "file": str(path),
        "bytes": len(data),
        "format": "{}.{}".format(*blob.version),
        "core": fields.CORES[blob.core],
        "arena_bytes": blob.arena_bytes,
        **blob.strings,
        "labels": blob.labels,
        "inputs": [_describe_tensor(blob.tensors[i]) for i in blob.inputs],
        "outputs": [_describe_tensor(blob.tensors[i]) for i in blob.outputs],
        "golden_vectors": len(blob.golden),
        "sections": {name: n_bytes for name, (_, n_bytes) in blobs.sections(data).items()},
        "macs": sum(operator["macs"] for operator in operators),
        "operators": operators,
        "memory": memory(blob),
    }


def _describe_tensor(row):
    return {"dtype": row.dtype, "shape": list(row.shape), "scale": row.scale, "zero_point": row.zero_point}


def _describe_operator(blob, index):
    row = blob.operators[index]
    params = row.unpacked()
    return {
        "index": index,
        "name": row.name,
        "inputs": [list(blob.tensors[i].shape) for i in row.inputs],
        "outputs": [list(blob.tensors[i].shape) for i in row.outputs],
        "dtype": blob.tensors[row.outputs[0]].dtype if row.outputs else None,
        "params": params,
        "macs": fields.macs(row.code, params),
        "params_bytes": len(row.params),
        "data_bytes": row.data_bytes,
        "weights_bytes": fields.weights_bytes(row.code, params),
        "scratch_bytes": row.scratch_bytes,
        "live_bytes": _covered(item for item in memory(blob) if item["first"] <= index <= item["last"]),
    }


def _covered(items):
    """Bytes of the arena that at least one of these occupies."""
    total = end = 0
    for item in sorted(items, key=lambda item: item["offset"]):
        start, end_of_item = max(item["offset"], end), item["offset"] + item["bytes"]
        total += max(0, end_of_item - start)
        end = max(end, end_of_item)
    return total


def memory(blob):
    """Who occupies the arena, where and when: dicts with label, offset, bytes, first, last.

    first and last are operators: from -1 (before the first: the model's inputs) to their number (after the last: outputs).
    """
    first = {index: -1 for index in blob.inputs}
    last = dict(first)
    label = {index: f"in{n}" if len(blob.inputs) > 1 else "in" for n, index in enumerate(blob.inputs)}
    for number, operator in enumerate(blob.operators):
        for index in operator.outputs:
            first.setdefault(index, number)
            last[index] = number
            label.setdefault(index, str(number))
        for index in operator.inputs:
            if not blob.tensors[index].in_weights:
                first.setdefault(index, -1)
                last[index] = number
                label.setdefault(index, "?")
    last.update((index, len(blob.operators)) for index in blob.outputs)
    items = [(label[i], blob.tensors[i].offset, blob.tensors[i].bytes, first[i], last[i]) for i in first]
    for number, operator in enumerate(blob.operators):
        if operator.scratch_bytes:
            items.append(("s", operator.scratch_offset, operator.scratch_bytes, number, number))
    return [dict(zip(("label", "offset", "bytes", "first", "last"), item)) for item in items]


# The dump ----------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """A field: `bytes` of the file at `offset`; a heading when it has none."""

    offset: int
    bytes: bytes
    name: str
    text: str = ""


def dump(path):
    """The Lines of a blob: every field in the order of the file, padding included, so that no byte is left out."""
    blob = blobs.read(path)
    data = Path(path).read_bytes()
    lines, end = [], 0
    for line in _walk(data, blob):
        if line.offset > end:
            lines.append(Line(end, data[end : line.offset], "padding"))
        lines.append(line)
        end = max(end, line.offset + len(line.bytes))
    if end < len(data):
        lines.append(Line(end, data[end:], "padding"))
    return lines


def dump_text(lines):
    """The dump as text: offset, bytes, field, value. Long runs of bytes are cut after 16."""
    text = []
    for line in lines:
        if not line.bytes and not line.text:
            text.append(f"{line.offset:08x}  -- {line.name}")
            continue
        shown = line.bytes[:16].hex(" ") + (" ..." if len(line.bytes) > 16 else "")
        text.append(f"{line.offset:08x}  {shown:<51}  {line.name:<18} {line.text}".rstrip())
    return "\n".join(text) + "\n"


def _walk(data, blob):
    places = blobs.sections(data)
    yield Line(0, b"", "header")
    yield from _fields(data, 0, fields.HEADER, {"core": fields.CORES.get})
    for number, (name, _) in enumerate(places.items()):
        at = fields.HEADER.size + number * fields.SECTION.size
        yield Line(at, b"", f"section {number}: {name}")
        yield from _fields(data, at, fields.SECTION, {})
    sections = {
        "TENSORS": _walk_tensors,
        "IO": _walk_io,
        "OPERATORS": _walk_operators,
        "STRINGS": _walk_strings,
        "WEIGHTS": _walk_weights,
        "GOLDEN": _walk_golden,
    }
    for name, (offset, n_bytes) in places.items():
        yield Line(offset, b"", f"{name}, {n_bytes} bytes")
        if name in sections:
            yield from sections[name](data, blob, offset, n_bytes)
        else:
            yield Line(offset, data[offset : offset + n_bytes], "contents")


def _fields(data, at, layout, names):
    """names: {field: function from its value to a name}."""
    for name, value, offset, size in layout.walk(data, at):
        text = value.hex(" ") if isinstance(value, bytes) else str(value)
        if name in names and names[name](value):
            text += f" ({names[name](value)})"
        yield Line(offset, data[offset : offset + size], name, text)


def _walk_tensors(data, blob, offset, _):
    names = {
        "dtype": fields.DTYPES.get,
        "place": {0: "arena", 1: "WEIGHTS"}.get,
        "source": lambda source: "none" if source == fields.NO_SOURCE else None,
    }
    for index, row in enumerate(blob.tensors):
        yield Line(offset, b"", f"tensor {index}: {row.dtype} {tuple(row.shape)}")
        yield from _fields(data, offset, fields.TENSOR, names)
        offset += fields.TENSOR.size


def _walk_io(data, blob, offset, _):
    names = [f"input {i}" for i in range(len(blob.inputs))] + [f"output {i}" for i in range(len(blob.outputs))]
    for name, index in zip(names, blob.inputs + blob.outputs):
        yield Line(offset, data[offset : offset + 2], name, f"tensor {index}")
        offset += 2


def _walk_operators(data, blob, offset, _):
    for index, row in enumerate(blob.operators):
        yield Line(offset, b"", f"operator {index}: {row.name}")
        yield from _fields(data, offset, fields.OPERATOR, {"code": lambda _, row=row: row.name})
        at = offset + fields.OPERATOR.size
        names = [f"input {i}" for i in range(len(row.inputs))] + [f"output {i}" for i in range(len(row.outputs))]
        for name, tensor in zip(names, row.inputs + row.outputs):
            yield Line(at, data[at : at + 2], name, f"tensor {tensor}")
            at += 2
        at = offset + fields.OPERATOR.size + padded(2 * len(names), 4)
        yield from _fields(data, at, fields.OPERATORS[row.code][1], {})
        offset = at + len(row.params)


def _walk_strings(data, blob, offset, n_bytes):
    end = offset + n_bytes
    while offset < end:
        head = fields.STRING.unpack(data, offset)
        yield from _fields(data, offset, fields.STRING, {"key": fields.STRING_KEYS.get})
        text = data[offset + 4 : offset + 4 + head["bytes"]]
        yield Line(offset + 4, text, "text", repr(text.decode(errors="replace")))
        offset += padded(4 + head["bytes"], 4)


def _walk_weights(data, blob, offset, n_bytes):
    users = {}
    for index, row in enumerate(blob.operators):
        if row.data_bytes:
            users.setdefault((row.data_offset, row.data_bytes), []).append(f"operator {index}")
    for index, row in enumerate(blob.tensors):
        if row.in_weights:
            users.setdefault((row.offset, row.bytes), []).append(f"tensor {index}")
    end = 0
    for (start, size), names in sorted(users.items()):
        if start < end:
            continue  # a constant within a constant: shown already
        yield Line(offset + start, data[offset + start : offset + start + size], "constants of " + ", ".join(names), f"{size} bytes")
        end = start + size


def _walk_golden(data, blob, offset, _):
    yield from _fields(data, offset, fields.GOLDEN, {})
    at = offset + fields.GOLDEN.size
    for number, vector in enumerate(blob.golden):
        (seed,) = struct.unpack_from("<I", data, at)
        yield Line(at, data[at : at + 4], f"vector {number}: seed", str(seed) + ("" if seed else " (inputs stored)"))
        at += 4
        for side, tensors in (("input", vector.inputs or []), ("output", vector.outputs)):
            for index, tensor in enumerate(tensors):
                yield Line(at, tensor, f"vector {number}: {side} {index}", f"{len(tensor)} bytes")
                at += padded(len(tensor), 4)


