"""Deploying to emulated boards: what is sent, what is proved, what is refused, and that results are the host's."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from linnet import LinnetError
from linnet.board import all_boards
from linnet.cli import linnet as command_line
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.layouts import CODES
from linnet.model import Model
from linnet.packer import pack
from linnet.payload import payload
from linnet.probe import BoardFacts, loadable, probe
from linnet.remote import run_connected
from linnet.transport import Connection

DIGITS = Path(__file__).resolve().parents[2] / "models" / "digits"
BOARDS = [board.name for board in all_boards().values() if board.emulated]


def built(name):
    """The board, or a skip where its firmware is not built."""
    board = all_boards()[name]
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {name} is not built: make boards")
    if shutil.which(board.emulator.program) is None and "qemu" in board.emulator.program:
        pytest.skip(f"{board.emulator.program} is not installed")
    return board


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """(path of the packed digits model, its held-out inputs)."""
    path = tmp_path_factory.mktemp("digits") / "digits.linnet"
    path.write_bytes(pack(DIGITS / "digits.tflite", DIGITS / "labels.txt"))
    with np.load(DIGITS / "digits_test.npz") as data:
        return path, data["x"]


@pytest.fixture(params=BOARDS)
def connection(request, tmp_path):
    """A connection to each emulated board in turn, its flash empty."""
    with Emulator(built(request.param), tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        yield connection


@pytest.fixture
def m4f(tmp_path):
    with Emulator(built("qemu-m4f"), tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        yield connection


def test_deploys_proves_and_runs_on_every_board(connection, packed):
    path, x = packed
    first = deploy(connection, path)
    assert first.n_golden == 2
    assert first.path in first.summary.sent
    assert ("_linnet" in first.facts.built_in) != any(name.endswith("_linnet.mpy") for name in first.summary.sent)
    again = deploy(connection, path, selftest=False)
    assert again.summary.sent == [] and again.n_golden is None
    model = Model(path)
    samples = [[sample.reshape(1, 8, 8, 1)] for sample in x[:20]]
    for ours, theirs in zip(run_connected(connection, again.path, model, samples), map(model.predict, samples)):
        np.testing.assert_array_equal(ours[0].ravel(), theirs[0].ravel())


def test_armv6m_module_runs_on_a_cortex_m4f(m4f, packed, monkeypatch):
    """As a Cortex-M0+ would run it; any Thumb board loads it."""
    monkeypatch.setattr("linnet.payload.loadable", lambda arch: ["armv6m"])
    assert deploy(m4f, packed[0]).n_golden == 2


def test_sends_only_what_changed(m4f, packed, tmp_path):
    deploy(m4f, packed[0])
    other = tmp_path / "digits.linnet"
    other.write_bytes(pack(DIGITS / "digits.tflite", name="another"))
    assert deploy(m4f, other).summary.sent == ["/models/digits.linnet"]


def test_packs_a_tflite_file_for_the_board_s_core(m4f):
    deployed = deploy(m4f, DIGITS / "digits.tflite", labels=DIGITS / "labels.txt")
    model = Model(deployed.blob)
    assert model.blob.core == CODES["armv7em"] and model.labels == list("0123456789")
    assert deployed.n_golden == 2


def test_refuses_a_blob_laid_out_for_another_core(m4f, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(pack(DIGITS / "digits.tflite", core="rv32imc"))
    with pytest.raises(LinnetError, match="is laid out for rv32imc, the board runs armv7em: pack it again with --core armv7em"):
        deploy(m4f, path)


def test_refuses_a_model_that_does_not_fit(m4f, tmp_path, shared):
    path = tmp_path / "blazeface.linnet"
    path.write_bytes(pack(shared("models/blazeface_front_128.tflite"), n_golden=0))
    with pytest.raises(LinnetError, match=r"does not fit: its blob takes [\d]+ bytes of heap, its arena [\d]+.*are free"):
        deploy(m4f, path)
    assert m4f.eval("__import__('os').listdir('/')") == []  # nothing was sent


def test_refuses_a_damaged_blob_before_anything_is_sent(m4f, packed, tmp_path):
    data = bytearray(packed[0].read_bytes())
    data[200] ^= 1
    path = tmp_path / "damaged.linnet"
    path.write_bytes(data)
    with pytest.raises(LinnetError, match="CRC"):
        deploy(m4f, path)
    assert m4f.eval("__import__('os').listdir('/')") == []


def test_says_which_board_cannot_load_native_code():
    facts = BoardFacts("none", "6.3", (1, 25, 0), "some board", 100000, "", 100000, ())
    with pytest.raises(LinnetError, match="some board, MicroPython 1.25.0: this firmware loads no native modules"):
        payload(facts)


def test_says_which_architecture_has_no_module():
    facts = BoardFacts("xtensa", "6.3", (1, 25, 0), "some board", 100000, "", 100000, ())
    with pytest.raises(LinnetError, match="no native module for xtensa"):
        payload(facts)


def test_thumb_boards_load_older_thumb_modules():
    assert loadable("armv7emsp") == ["armv7emsp", "armv7em", "armv7m", "armv6m"]
    assert loadable("rv32imc") == ["rv32imc"]


def test_probe_tells_what_the_board_is(m4f):
    facts = probe(m4f)
    assert facts.native_arch == "armv7emsp" and facts.version >= (1, 23, 0)
    assert facts.free_heap_bytes > 100000 and facts.free_flash_bytes > 1000000 and not facts.built_in


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["deploy", "nothing.linnet"], "nothing.linnet: No such file"),
        (["deploy", str(DIGITS / "README.md")], "MAGIC"),
        (["deploy", "{digits}", "--board", "qemu-m4"], 'no board is called "qemu-m4"'),
        (["deploy", "{digits}", "--port", "/dev/nothing"], "/dev/nothing: no such serial port"),
        (["deploy", "{digits}", "--board", "ESP32_GENERIC_C3"], "no port found for ESP32_GENERIC_C3"),
        (["boards", "nonesuch"], 'no board is called "nonesuch"'),
        (["emulate", "RPI_PICO2"], "is a real board"),
        (["profile", "nothing.linnet", "--core", "m4"], "nothing.linnet: No such file"),
    ],
)
def test_commands_say_what_is_wrong(arguments, sentence, packed):
    with pytest.raises(LinnetError, match=sentence):
        command_line([text.format(digits=packed[0]) for text in arguments], standalone_mode=False)
