"""The blob: writer and reader agree with FORMAT.md, with the files in tests/blob and with the C core's own structs."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from linnet import blob as blobs
from linnet import core, fields
from linnet.errors import LinnetError
from linnet.graph import Step
from linnet.inspect import dump, dump_text
from linnet.model import Model
from linnet.packer import assemble
from linnet.paths import build_dir

ROOT = Path(__file__).resolve().parents[2]
BLOBS = ROOT / "tests" / "blob"
sys.path.insert(0, str(BLOBS))

import make_blobs  # noqa: E402

# Not of a file: a matter of where it lies in memory, or of how it is run.
NOT_IN_FILES = {"OK", "ALIGNMENT", "ARENA", "RANGE"}
GOLDEN = ["relu", "mixed", "moved", "memory"]


@pytest.mark.parametrize("name", GOLDEN)
def test_writer_still_makes_the_golden_files(name):
    made = make_blobs.golden_blobs()[name].data
    assert made == (BLOBS / "golden" / f"{name}.linnet").read_bytes()


def test_dump_is_the_one_in_format_md():
    text = dump_text(dump(BLOBS / "golden" / "relu.linnet"))
    assert f"```\n{text.rstrip()}\n```" in (ROOT / "FORMAT.md").read_text()


@pytest.mark.parametrize("name", GOLDEN)
def test_dump_leaves_no_byte_out(name):
    path = BLOBS / "golden" / f"{name}.linnet"
    seen = bytearray(os.path.getsize(path))
    for line in dump(path):
        for at in range(line.offset, line.offset + len(line.bytes)):
            seen[at] += 1
    assert set(seen) == {1}


@pytest.mark.parametrize("name", GOLDEN)
def test_decode_and_encode_are_inverse(name):
    data = (BLOBS / "golden" / f"{name}.linnet").read_bytes()
    assert blobs.encode(blobs.decode(data)) == data


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files_run(name):
    assert Model(BLOBS / "golden" / f"{name}.linnet").selftest() == 1


def test_every_golden_file_is_tried():
    assert GOLDEN == list(make_blobs.golden_blobs())
    assert [blobs.read(BLOBS / "golden" / f"{name}.linnet").n_reset for name in GOLDEN] == [0, 0, 0, 1]


def test_hostile_files_are_up_to_date():
    made = make_blobs.hostile_blobs()
    assert made == {path.stem: path.read_bytes() for path in (BLOBS / "hostile").glob("*.linnet")}


@pytest.mark.parametrize("name", sorted(make_blobs.DAMAGE))
def test_hostile_file_is_refused(name):
    data = (BLOBS / "hostile" / f"{name}.linnet").read_bytes()
    with pytest.raises(LinnetError, match=rf"x\.linnet: (\S+ \d+: )?{name.split('-')[0].upper()}: "):
        core.Opened(data, name="x.linnet")


def test_c_program_says_the_same():
    """Every blob through the C API alone, each in memory of exactly its length."""
    paths = sorted(BLOBS.glob("golden/*.linnet")) + sorted(BLOBS.glob("hostile/*.linnet"))
    program = build_dir() / "host" / "check_blobs"
    done = subprocess.run([program, *paths], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for line, path in zip(done.stdout.splitlines(), paths, strict=True):
        name, status, _, text = line.split(" ", 3)
        assert name == str(path)
        if path.parent.name == "golden":
            assert (status, text) == ("0", "ok, 1 of 1 vectors")
        else:
            assert core.STATUS_NAMES[-int(status)] == path.stem.split("-")[0].upper()


def test_every_check_has_a_hostile_file():
    checked = {name.split("-")[0].upper() for name in make_blobs.DAMAGE}
    assert checked == set(core.STATUS_NAMES) - NOT_IN_FILES


@pytest.mark.parametrize("name", GOLDEN)
def test_every_damaged_byte_is_refused_or_harmless(name):
    """With its CRC right again, a blob with one wrong byte is either refused or runs without touching a wrong byte."""
    whole = (BLOBS / "golden" / f"{name}.linnet").read_bytes()
    for at in range(len(whole)):
        for wrong in (0, 1, 0x7F, 0x80, 0xFF):
            data = bytearray(whole)
            data[at] = wrong
            try:
                opened = core.Opened(blobs.with_crc(bytes(data)))
            except LinnetError:
                continue
            if opened.arena_bytes < 1 << 20:
                opened.run(0, opened.n_operators)


def test_misaligned_blob_is_refused():
    data = (BLOBS / "golden" / "relu.linnet").read_bytes()
    memory = core.aligned(len(data) + 2)
    memory[2:] = np.frombuffer(data, np.uint8)
    status = core.library().linnet_open(core.ModelStruct(), memory.ctypes.data + 2, len(data), None)
    assert core.STATUS_NAMES[-status] == "ALIGNMENT"


def test_bad_arena_and_range_are_refused():
    opened = core.Opened((BLOBS / "golden" / "mixed.linnet").read_bytes())
    with pytest.raises(LinnetError, match="RANGE"):
        opened.run(2, 1)
    with pytest.raises(LinnetError, match="RANGE"):
        opened.run(0, 4)
    whole = opened.arena
    opened.arena = whole[:-16]
    with pytest.raises(LinnetError, match="ARENA"):
        opened.run(0, 3)
    opened.arena = core.aligned(len(whole) + 16)[4:]
    with pytest.raises(LinnetError, match="ARENA"):
        opened.run(0, 3)


def test_layouts_are_the_core_s_structs():
    assert fields.TENSOR.size == ctypes.sizeof(core.TensorStruct)
    for name, _, offset, size in fields.TENSOR.walk(bytes(fields.TENSOR.size)):
        field = getattr(core.TensorStruct, name)
        assert (field.offset, field.size) == (offset, size)
    for code, (_, layout) in fields.OPERATORS.items():
        assert layout.size == core.library().linnet_kernel(None, code, 0).contents.params_bytes


def test_every_operator_of_the_core_has_a_name():
    known = {code for code in range(512) if core.library().linnet_kernel(None, code, 0)}
    assert known == set(fields.OPERATORS)


def test_every_status_has_words():
    texts = [core.status_text(-i) for i in range(len(core.STATUS_NAMES))]
    assert len(set(texts)) == len(texts) and not any(text.endswith("?") for text in texts)


def test_equal_constants_are_stored_once():
    tensors = [make_blobs.tensor(name, (1, 8), 0.5, -3) for name in "abc"]
    steps = [
        Step(10, "LUT", [x], [y], b"\x08\0\0\0", bytes(range(256)), 0, [0], "RELU") for x, y in zip(tensors, tensors[1:])
    ]
    blob = assemble(steps, tensors[:1], tensors[-1:]).blob
    assert len(blob.weights) == 256
    assert [row.data_offset for row in blob.operators] == [0, 0]


def test_crc_is_zlib_s():
    data = (BLOBS / "golden" / "relu.linnet").read_bytes()
    assert blobs.with_crc(data) == data


def test_unreadable_file_is_one_sentence(tmp_path):
    with pytest.raises(LinnetError, match="nothing.linnet: No such file"):
        blobs.read(tmp_path / "nothing.linnet")
