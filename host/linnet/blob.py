"""A blob as dataclasses, to bytes and back, in FORMAT.md's order. The reader trusts nothing it has not looked at."""

import struct
import zlib
from dataclasses import dataclass, field

from linnet import fields
from linnet.errors import LinnetError
from linnet.fields import padded


@dataclass
class TensorRow:
    """Section 4."""

    offset: int
    bytes: int
    dtype: str
    shape: tuple
    in_weights: bool = False
    zero_point: int = 0
    scale: float = 0.0
    source: int | None = None  # its index in the imported file

    @property
    def bytes_per_element(self):
        return fields.DTYPE_BYTES[self.dtype]


@dataclass
class OperatorRow:
    """Section 5."""

    code: int
    inputs: list  # tensor indices
    outputs: list
    params: bytes
    data_offset: int = 0
    data_bytes: int = 0
    scratch_offset: int = 0
    scratch_bytes: int = 0
    variant: int = 0

    @property
    def name(self):
        known = fields.OPERATORS.get(self.code)
        return known[0] if known else f"operator {self.code}"

    def unpacked(self):
        """The params by name."""
        return fields.OPERATORS[self.code][1].unpack(self.params)


@dataclass
class Vector:
    """A golden vector: inputs are bytes, or None when they are made from the seed."""

    seed: int
    inputs: list | None
    outputs: list


@dataclass
class Blob:
    arena_bytes: int
    tensors: list
    inputs: list  # tensor indices
    outputs: list
    operators: list
    strings: dict = field(default_factory=dict)  # {"name": ..., "labels": "yes\nno"}
    weights: bytes = b""
    golden: list = field(default_factory=list)
    core: int = 0
    n_reset: int = 0  # the first operators, which give variables their first values
    version: tuple = fields.VERSION

    @property
    def groups(self):
        """Names of the groups, besides the base, that its operators belong to."""
        bits = fields.groups(row.code for row in self.operators)
        return [name for number, name in enumerate(fields.GROUPS) if bits >> number & 1]

    @property
    def labels(self):
        return self.strings["labels"].split("\n") if self.strings.get("labels") else []


def _pad(data, multiple):
    return data + bytes(-len(data) % multiple)


def _encode_tensor(row):
    return fields.TENSOR.pack(
        offset=row.offset,
        bytes=row.bytes,
        dtype=fields.DTYPE_CODES[row.dtype],
        rank=len(row.shape),
        place=int(row.in_weights),
        zero_point=row.zero_point,
        scale=row.scale,
        dims=list(row.shape) + [0] * (6 - len(row.shape)),
        source=fields.NO_SOURCE if row.source is None else row.source,
    )


def _encode_operator(row):
    operands = row.inputs + row.outputs
    body = _pad(struct.pack(f"<{len(operands)}H", *operands), 4) + row.params
    head = fields.OPERATOR.pack(
        code=row.code,
        variant=row.variant,
        record_bytes=fields.OPERATOR.size + len(body),
        n_inputs=len(row.inputs),
        n_outputs=len(row.outputs),
        data_offset=row.data_offset,
        data_bytes=row.data_bytes,
        scratch_offset=row.scratch_offset,
        scratch_bytes=row.scratch_bytes,
    )
    return head + body


def _encode_strings(strings):
    texts = [(fields.STRING_CODES[key], text.encode()) for key, text in strings.items() if text]
    return b"".join(_pad(fields.STRING.pack(key=key, bytes=len(text)) + text, 4) for key, text in sorted(texts))


def _encode_golden(vectors):
    parts = [fields.GOLDEN.pack(n_vectors=len(vectors))]
    for vector in vectors:
        parts.append(struct.pack("<I", vector.seed))
        parts += [_pad(tensor, 4) for tensor in (vector.inputs or []) + vector.outputs]
    return b"".join(parts)


def encode(blob):
    """The bytes of a Blob."""
    sections = [
        (1, b"".join(_encode_tensor(row) for row in blob.tensors)),
        (2, struct.pack(f"<{len(blob.inputs + blob.outputs)}H", *blob.inputs, *blob.outputs)),
        (3, b"".join(_encode_operator(row) for row in blob.operators)),
        (4, _encode_strings(blob.strings)),
        (5, blob.weights),
        (6, _encode_golden(blob.golden) if blob.golden else b""),
    ]
    sections = [(kind, body) for kind, body in sections if body or kind <= 3]
    table, bodies = b"", b""
    at = start = padded(fields.HEADER.size + fields.SECTION.size * len(sections))
    for kind, body in sections:
        table += fields.SECTION.pack(kind=kind, offset=at, bytes=len(body), decoded_bytes=len(body))
        bodies += _pad(body, fields.ALIGNMENT)
        at = start + len(bodies)
    header = fields.HEADER.pack(
        magic=fields.MAGIC,
        version_major=blob.version[0],
        version_minor=blob.version[1],
        header_bytes=fields.HEADER.size,
        total_bytes=at,
        arena_bytes=blob.arena_bytes,
        core=blob.core,
        n_reset=blob.n_reset,
        groups=fields.groups(row.code for row in blob.operators),
        n_sections=len(sections),
        n_tensors=len(blob.tensors),
        n_operators=len(blob.operators),
        n_inputs=len(blob.inputs),
        n_outputs=len(blob.outputs),
    )
    return with_crc(_pad(header + table, fields.ALIGNMENT) + bodies)


def with_crc(data):
    """The blob with the CRC that its other bytes ask for."""
    return data[:12] + struct.pack("<I", zlib.crc32(data[16:])) + data[16:]


def sections(data):
    """{section name: (offset, bytes)} of a blob, from its table."""
    header = fields.HEADER.unpack(data)
    rows = (fields.SECTION.unpack(data, fields.HEADER.size + i * fields.SECTION.size) for i in range(header["n_sections"]))
    return {fields.SECTIONS.get(row["kind"], hex(row["kind"])): (row["offset"], row["bytes"]) for row in rows}


def _decode_tensor(row):
    return TensorRow(
        row["offset"],
        row["bytes"],
        fields.DTYPES[row["dtype"]],
        row["dims"][: row["rank"]],
        bool(row["place"]),
        row["zero_point"],
        row["scale"],
        None if row["source"] == fields.NO_SOURCE else row["source"],
    )


def _decode_operator(data, at):
    head = fields.OPERATOR.unpack(data, at)
    n = head["n_inputs"] + head["n_outputs"]
    operands = list(struct.unpack_from(f"<{n}H", data, at + fields.OPERATOR.size))
    params = data[at + fields.OPERATOR.size + padded(2 * n, 4) : at + head["record_bytes"]]
    names = "data_offset data_bytes scratch_offset scratch_bytes variant".split()
    row = OperatorRow(
        head["code"], operands[: head["n_inputs"]], operands[head["n_inputs"] :], params, *(head[name] for name in names)
    )
    return row, at + head["record_bytes"]


def _decode_strings(data):
    strings, at = {}, 0
    while at < len(data):
        head = fields.STRING.unpack(data, at)
        if head["key"] in fields.STRING_KEYS:
            text = data[at + 4 : at + 4 + head["bytes"]].decode(errors="replace")
            strings[fields.STRING_KEYS[head["key"]]] = text
        at += padded(4 + head["bytes"], 4)
    return strings


def _decode_golden(data, input_bytes, output_bytes):
    """input_bytes, output_bytes: the lengths of the model's inputs and outputs."""
    vectors, at = [], fields.GOLDEN.size
    for _ in range(fields.GOLDEN.unpack(data)["n_vectors"] if data else 0):
        (seed,) = struct.unpack_from("<I", data, at)
        at += 4
        tensors = []
        for n_bytes in ([] if seed else input_bytes) + output_bytes:
            tensors.append(data[at : at + n_bytes])
            at += padded(n_bytes, 4)
        n_inputs = 0 if seed else len(input_bytes)
        vectors.append(Vector(seed, None if seed else tensors[:n_inputs], tensors[n_inputs:]))
    return vectors


def decode(data, name="blob"):
    """The Blob that these bytes hold, after the core's own checks have passed.

    name: the file, for messages. Raises LinnetError when a check of FORMAT.md's section 7 fails.
    """
    from linnet.core import Opened

    data = bytes(data)
    Opened(data, name=name)
    header, places = fields.HEADER.unpack(data), sections(data)

    def body(section):
        offset, n_bytes = places.get(section, (0, 0))
        return data[offset : offset + n_bytes]

    rows = (fields.TENSOR.unpack(body("TENSORS"), i * fields.TENSOR.size) for i in range(header["n_tensors"]))
    tensors = [_decode_tensor(row) for row in rows]
    io = list(struct.unpack(f"<{len(body('IO')) // 2}H", body("IO")))
    inputs, outputs = io[: header["n_inputs"]], io[header["n_inputs"] :]
    operators, at = [], 0
    for _ in range(header["n_operators"]):
        row, at = _decode_operator(body("OPERATORS"), at)
        operators.append(row)
    return Blob(
        arena_bytes=header["arena_bytes"],
        tensors=tensors,
        inputs=inputs,
        outputs=outputs,
        operators=operators,
        strings=_decode_strings(body("STRINGS")),
        weights=body("WEIGHTS"),
        golden=_decode_golden(body("GOLDEN"), [tensors[i].bytes for i in inputs], [tensors[i].bytes for i in outputs]),
        core=header["core"],
        n_reset=header["n_reset"],
        version=(header["version_major"], header["version_minor"]),
    )


def read(path):
    """The Blob in a file. Raises LinnetError when it cannot be read or is not sound."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise LinnetError(f"{path}: {error.strerror}") from None
    return decode(data, str(path))
