"""Makes the blobs of this folder: golden/, which readers must accept, and hostile/, which they must refuse.

    python tests/blob/make_blobs.py

A hostile blob is a golden one with one thing wrong, and its CRC put right again; its name begins with the status that
a reader must give (FORMAT.md, section 7): params-*.linnet is refused with PARAMS. The folder holds the files themselves,
so that boards and other readers can be tested with them.
"""

import struct
from pathlib import Path

import numpy as np

from linnet import blob as blobs
from linnet import fields
from linnet.graph import Quantization, Step, Tensor
from linnet.packer import assemble, prove

HERE = Path(__file__).resolve().parent


def relu():
    """The smallest whole model: 8 bytes, RELU. FORMAT.md shows it."""
    x = tensor("x", (1, 8), 0.5, -3)
    y = tensor("y", (1, 8), 0.5, -3)
    table = bytes(max(np.uint8(i).astype(np.int8).item(), -3) & 0xFF for i in range(256))
    steps = [Step(10, "LUT", [x], [y], struct.pack("<I", 8), table, 0, [0], "RELU")]
    return prove(assemble(steps, [x], [y], {"name": "relu", "labels": "no\nyes"}), n_golden=1)


def mixed():
    """A convolution with padding, an ADD with a constant, a SOFTMAX: scratch, several constants, a stored vector."""
    x, y = tensor("x", (1, 4, 4, 2), 0.1, 5), tensor("y", (1, 4, 4, 3), 0.2, -7)
    z, s = tensor("z", (1, 4, 4, 3), 0.3, 0), tensor("s", (1, 4, 4, 3), 1 / 256, -128)
    rng = np.random.default_rng(3)
    constant = tensor("c", (1, 4, 4, 3), 0.1, 1)
    constant.data = rng.integers(-128, 128, constant.shape).astype(np.int8)
    window = dict(
        batches=1, in_h=4, in_w=4, in_c=2, out_h=4, out_w=4, out_c=3, kernel_h=3, kernel_w=3, pad_top=1, pad_left=1,
        stride_h=1, stride_w=1, dilation_h=1, dilation_w=1,
    )  # fmt: skip
    conv = params(1, **window, input_zero_point=5, output_zero_point=-7, act_min=-128, act_max=127)
    channels = struct.pack("<3i3i3b", 10, -20, 30, *[1 << 30] * 3, -7, -8, -9)
    conv_data = channels + bytes(-len(channels) % 16) + rng.integers(-127, 128, 54).astype(np.int8).tobytes()
    add = params(
        6, n=48, zero_point=[-7, 1], output_zero_point=0, act_min=-128, act_max=127,
        multiplier=[1 << 30] * 3, shift=[-1, -2, -18],
    )  # fmt: skip
    exp = struct.pack("<256i", *(round((2**31 - 1) * np.exp(-0.3 * k)) for k in range(256)))
    steps = [
        Step(1, "CONV_2D", [x], [y], conv, conv_data, 864, [None]),
        Step(6, "ADD", [y, constant], [z], add, b"", 0, [0, None]),
        Step(9, "SOFTMAX", [z], [s], params(9, rows=16, depth=3), exp, 0, [0]),
    ]
    sample = [rng.integers(-128, 128, x.shape).astype(np.int8)]
    return prove(assemble(steps, [x], [s], {"name": "mixed"}), golden=[sample])


def moved():
    """An operator of the group "shapes": a TRANSPOSE, (2, 3) to (3, 2)."""
    x, y = tensor("x", (2, 3), 0.1, 5), tensor("y", (3, 2), 0.1, 5)
    copy = params(64, run=1, offset=0, n=[1, 1, 1, 1, 3, 2], stride=[0, 0, 0, 0, 1, 3])
    steps = [Step(64, "STRIDED_COPY", [x], [y], copy, b"", 0, [None], "TRANSPOSE")]
    return prove(assemble(steps, [x], [y], {"name": "moved"}), n_golden=1)


def memory():
    """A variable, whose first value an operator of its own gives it: each output is the mean of an input and the output before."""
    x, y, state = tensor("x", (1, 4), 0.5, 0), tensor("y", (1, 4), 0.5, 0), tensor("state", (1, 4), 0.5, 0)
    state.initial = np.array([[1, -2, 3, -4]], np.int8)
    mean = params(
        6, n=4, zero_point=[0, 0], output_zero_point=0, act_min=-128, act_max=127, multiplier=[1 << 30] * 3, shift=[0, 0, -19],
    )  # fmt: skip
    steps = [
        Step(6, "ADD", [x, state], [y], mean, b"", 0, [None, None]),
        Step(8, "RESHAPE", [y], [state], b"", b"", 0, [None]),
    ]
    return prove(assemble(steps, [x], [y], {"name": "memory"}), n_golden=1)


def tensor(name, shape, scale, zero_point):
    quant = Quantization(np.array([scale], np.float32), np.array([zero_point]))
    return Tensor(name, shape, "int8", quant)


def params(code, **values):
    return fields.OPERATORS[code][1].pack(**values)


# Damage --------------------------------------------------------------------------------------------------------


class Damaged:
    """A golden blob, to be damaged field by field."""

    def __init__(self, packed):
        self.blob, self.data = packed.blob, bytearray(packed.data)
        self.sections = blobs.sections(packed.data)
        self.names = list(self.sections)

    def put(self, layout, at, **values):
        """Overwrites fields of the structure at `at`."""
        whole = layout.unpack(self.data, at) | values
        self.data[at : at + layout.size] = layout.pack(**whole)

    def header(self, **values):
        self.put(fields.HEADER, 0, **values)

    def section(self, name, **values):
        at = fields.HEADER.size + self.names.index(name) * fields.SECTION.size
        self.put(fields.SECTION, at, **values)

    def tensor(self, index, **values):
        self.put(fields.TENSOR, self.sections["TENSORS"][0] + index * fields.TENSOR.size, **values)

    def _record(self, index):
        at = self.sections["OPERATORS"][0]
        for _ in range(index):
            at += fields.OPERATOR.unpack(self.data, at)["record_bytes"]
        return at

    def operator(self, index, **values):
        self.put(fields.OPERATOR, self._record(index), **values)

    def operands(self, index, *values):
        struct.pack_into(f"<{len(values)}H", self.data, self._record(index) + fields.OPERATOR.size, *values)

    def params(self, index, **values):
        row = self.blob.operators[index]
        at = self._record(index) + fields.OPERATOR.size + fields.padded(2 * len(row.inputs + row.outputs), 4)
        self.put(fields.OPERATORS[row.code][1], at, **values)

    def at(self, section, offset, code, *values):
        """Overwrites values at an offset from a section's start."""
        struct.pack_into("<" + code, self.data, self.sections[section][0] + offset, *values)

    def constant(self, index, offset, code, *values):
        """Overwrites values in an operator's data."""
        self.at("WEIGHTS", self.blob.operators[index].data_offset + offset, code, *values)


# name: (golden blob, what is done to it). The first word of the name is the status.
DAMAGE = {
    "truncated-empty": ("relu", lambda d: d.data.clear()),
    "truncated-header": ("relu", lambda d: d.data.__delitem__(slice(31, None))),
    "magic": ("relu", lambda d: d.header(magic=b"\x89LNX")),
    "version-major": ("relu", lambda d: d.header(version_major=2)),
    "version-header": ("relu", lambda d: d.header(header_bytes=48)),
    "length-short": ("relu", lambda d: d.data.__delitem__(slice(-16, None))),
    "length-long": ("relu", lambda d: d.data.extend(bytes(16))),
    "length-odd": ("relu", lambda d: (d.data.extend(bytes(4)), d.header(total_bytes=len(d.data)))),
    "crc": ("relu", lambda d: d.at("WEIGHTS", 7, "B", 0x55)),
    "header-groups": ("relu", lambda d: d.header(groups=0x8000)),
    "header-reset": ("relu", lambda d: d.header(n_reset=2)),
    "header-reset-of-none": ("memory", lambda d: d.header(n_operators=0)),
    "header-arena": ("relu", lambda d: d.header(arena_bytes=17)),
    "core-unknown": ("relu", lambda d: d.header(core=200)),
    "section-table": ("relu", lambda d: d.header(n_sections=0xFFFF)),
    "section-missing": ("relu", lambda d: d.header(n_sections=0)),
    "section-unknown": ("relu", lambda d: d.section("STRINGS", kind=99)),
    "section-twice": ("relu", lambda d: d.section("STRINGS", kind=1)),
    "section-reserved": ("relu", lambda d: d.section("IO", reserved=1)),
    "section-offset": ("relu", lambda d: d.section("IO", offset=d.sections["IO"][0] + 4)),
    "section-overlap": ("relu", lambda d: d.section("IO", offset=d.sections["TENSORS"][0])),
    "section-gap": ("relu", lambda d: d.section("GOLDEN", offset=d.sections["GOLDEN"][0] + 16)),
    "section-outside": ("relu", lambda d: d.section("GOLDEN", offset=0xFFFFFFF0)),
    "section-long": ("relu", lambda d: d.section("GOLDEN", bytes=0xFFFFFFFF, decoded_bytes=0xFFFFFFFF)),
    "encoding": ("relu", lambda d: d.section("WEIGHTS", encoding=1)),
    "encoding-decoded": ("relu", lambda d: d.section("WEIGHTS", decoded_bytes=512)),
    "tensor-count": ("relu", lambda d: d.header(n_tensors=3)),
    "tensor-dtype": ("relu", lambda d: d.tensor(0, dtype=6)),
    "tensor-rank": ("relu", lambda d: d.tensor(0, rank=7)),
    "tensor-place": ("relu", lambda d: d.tensor(0, place=2)),
    "tensor-reserved": ("relu", lambda d: d.tensor(0, reserved=1)),
    "tensor-zero-dim": ("relu", lambda d: d.tensor(0, bytes=0, dims=[0, 8, 0, 0, 0, 0])),
    "tensor-dim-beyond-rank": ("relu", lambda d: d.tensor(0, dims=[1, 8, 1, 0, 0, 0])),
    "tensor-bytes": ("relu", lambda d: d.tensor(0, bytes=9)),
    "tensor-overflow": ("relu", lambda d: d.tensor(0, rank=6, dims=[1 << 16, 1 << 16, 1 << 16, 1 << 16, 1, 8])),
    "tensor-misaligned": ("relu", lambda d: d.tensor(0, offset=2)),
    "tensor-outside-arena": ("relu", lambda d: d.tensor(0, offset=d.blob.arena_bytes - 4)),
    "tensor-wraps": ("relu", lambda d: d.tensor(1, offset=0xFFFFFFFC)),
    "tensor-outside-weights": ("mixed", lambda d: d.tensor(2, offset=d.sections["WEIGHTS"][1] - 16)),
    "io-count": ("relu", lambda d: d.header(n_inputs=2)),
    "io-index": ("relu", lambda d: d.at("IO", 0, "H", 2)),
    "io-constant": ("mixed", lambda d: d.at("IO", 0, "H", 2)),
    "strings-length": ("relu", lambda d: d.at("STRINGS", 2, "H", 0xFFFF)),
    "strings-rest": ("relu", lambda d: (d.at("STRINGS", 10, "H", 2), d.section("STRINGS", bytes=18, decoded_bytes=18))),
    "golden-count": ("relu", lambda d: d.at("GOLDEN", 0, "H", 2)),
    "golden-too-few": ("relu", lambda d: d.at("GOLDEN", 0, "H", 0)),
    "golden-reserved": ("relu", lambda d: d.at("GOLDEN", 2, "H", 1)),
    "golden-seed": ("relu", lambda d: d.at("GOLDEN", 4, "I", 0)),
    "record-count": ("relu", lambda d: d.header(n_operators=2)),
    "record-rest": ("mixed", lambda d: d.header(n_operators=2)),
    "record-short": ("relu", lambda d: d.operator(0, record_bytes=20)),
    "record-long": ("relu", lambda d: d.operator(0, record_bytes=0xFFFC)),
    "record-odd": ("relu", lambda d: d.operator(0, record_bytes=33)),
    "record-reserved": ("relu", lambda d: d.operator(0, reserved=1)),
    "operator-code": ("relu", lambda d: d.operator(0, code=0)),
    "operator-code-beyond": ("relu", lambda d: d.operator(0, code=0xFFFF)),
    "operator-group": ("moved", lambda d: d.header(groups=0)),
    "operator-variant": ("relu", lambda d: d.operator(0, variant=77)),
    "operands-number": ("relu", lambda d: d.operator(0, n_inputs=2)),
    "operands-none": ("relu", lambda d: d.operator(0, n_outputs=0)),
    "operands-index": ("relu", lambda d: d.operands(0, 0, 2)),
    "operands-output-constant": ("mixed", lambda d: d.operands(1, 1, 2, 2)),
    "operands-size": ("mixed", lambda d: d.operands(0, 0, 0)),
    "operands-dtype": ("mixed", lambda d: d.tensor(1, dtype=2)),
    "params-length": ("mixed", lambda d: d.operator(0, code=9)),
    "params-zero-stride": ("mixed", lambda d: d.params(0, stride_h=0)),
    "params-zero-kernel": ("mixed", lambda d: d.params(0, kernel_w=0)),
    "params-reserved": ("mixed", lambda d: d.params(0, reserved=1)),
    "params-clamp": ("mixed", lambda d: d.params(0, act_min=1, act_max=0)),
    "params-zero-point": ("mixed", lambda d: d.params(0, input_zero_point=-129)),
    "params-patch": ("mixed", lambda d: d.params(0, kernel_h=0xFFFF, kernel_w=0xFFFF)),
    "params-shift": ("mixed", lambda d: d.params(1, shift=[-1, 1, -18])),
    "params-multiplier": ("mixed", lambda d: d.params(1, multiplier=[-1, 1, 1])),
    "params-depth": ("mixed", lambda d: d.params(2, depth=0)),
    "operands-sizes-disagree": ("mixed", lambda d: d.params(0, in_h=5)),
    "data-outside": ("relu", lambda d: d.operator(0, data_offset=16)),
    "data-wraps": ("relu", lambda d: d.operator(0, data_offset=0xFFFFFFF0)),
    "data-misaligned": ("mixed", lambda d: d.operator(0, data_offset=4)),
    "data-short": ("relu", lambda d: d.operator(0, data_bytes=255)),
    "data-multiplier": ("mixed", lambda d: d.constant(0, 12, "i", -1)),
    "data-shift-left": ("mixed", lambda d: d.constant(0, 24, "b", 31)),
    "data-shift-right": ("mixed", lambda d: d.constant(0, 24, "b", -32)),
    "data-exp": ("mixed", lambda d: d.constant(2, 40, "i", -1)),
    "data-exp-of-0": ("mixed", lambda d: d.constant(2, 0, "i", 0)),
    "scratch-short": ("mixed", lambda d: d.operator(0, scratch_bytes=17)),
    "scratch-misaligned": ("mixed", lambda d: d.operator(0, scratch_offset=2)),
    "scratch-outside": ("mixed", lambda d: d.operator(0, scratch_offset=d.blob.arena_bytes)),
    "scratch-wraps": ("mixed", lambda d: d.operator(0, scratch_offset=0xFFFFFFFC)),
}  # fmt: skip


def golden_blobs():
    """{name: Packed}"""
    return {"relu": relu(), "mixed": mixed(), "moved": moved(), "memory": memory()}


def hostile_blobs():
    """{name: bytes}"""
    golden, made = golden_blobs(), {}
    for name, (base, damage) in DAMAGE.items():
        damaged = Damaged(golden[base])
        damage(damaged)
        data = bytes(damaged.data)
        made[name] = data if name.split("-")[0] in ("truncated", "crc") else blobs.with_crc(data)
    return made


def main():
    for folder, made in (
        ("golden", {name: packed.data for name, packed in golden_blobs().items()}),
        ("hostile", hostile_blobs()),
    ):
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).glob("*.linnet"):
            old.unlink()
        for name, data in made.items():
            (HERE / folder / f"{name}.linnet").write_bytes(data)


if __name__ == "__main__":
    main()
