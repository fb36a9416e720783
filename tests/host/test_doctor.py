"""linnet doctor: each thing that can be wrong is found, with what to do; a healthy board has nothing to mend."""

import json
import shutil

import pytest
from click.testing import CliRunner

from linnet import LinnetError, doctor
from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.packer import pack
from linnet.probe import BoardFacts
from linnet.transport import Connection

HEALTHY = dict(native_arch="armv6m", abi="6.3", version=(1, 25, 0), machine="Pico", free_heap_bytes=190000, root="",
               free_flash_bytes=800000, built_in=("_linnet", "linnet"))  # fmt: skip


@pytest.fixture
def board_says(monkeypatch):
    """board_says(installed="0.1.0", free_flash_bytes=0, ...): what doctor finds at a board with these facts."""

    class Connected:
        def __init__(self, port):
            self.port = port

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def exec(self, code):
            return self.installed.encode()

    def found(installed=doctor.__version__, **facts):
        Connected.installed = installed
        monkeypatch.setattr(doctor, "Connection", Connected)
        monkeypatch.setattr(doctor, "probe", lambda connection: BoardFacts(**{**HEALTHY, **facts}))
        return list(doctor._board("COM3"))

    return found


def test_a_healthy_board(board_says):
    assert {finding.state for finding in board_says()} == {"ok"}


@pytest.mark.parametrize(
    ("facts", "words", "remedy"),
    [
        ({"version": (1, 22, 2)}, "1.22.2 is older than 1.23", "newer firmware"),
        ({"native_arch": "none", "built_in": ()}, "loads no native modules", ""),
        ({"free_flash_bytes": None}, "no filesystem", "format"),
        ({"free_flash_bytes": 1000}, "1,000 bytes left", "delete"),
        ({"installed": "- invalid .mpy file"}, "import linnet fails there: invalid .mpy file", "sends it anew"),
    ],
)
def test_what_is_wrong_with_a_board(board_says, facts, words, remedy):
    wrong = [finding for finding in board_says(**facts) if finding.state == "wrong"]
    assert any(words in finding.what and remedy in finding.remedy for finding in wrong), wrong


@pytest.mark.parametrize(("installed", "words"), [("- no module named 'linnet'", "not on it yet"), ("0.0.9", "0.0.9 is on it")])
def test_what_deploy_would_bring_is_a_note(board_says, installed, words):
    found = [finding for finding in board_says(installed) if finding.state != "ok"]
    assert [finding.state for finding in found] == ["note"] and words in found[0].what


def test_a_board_that_does_not_answer(monkeypatch):
    def refuse(port):
        raise LinnetError(f"{port}: in use by another program")

    monkeypatch.setattr(doctor, "Connection", refuse)
    assert [(finding.state, finding.what) for finding in doctor._board("COM3")] == [("wrong", "COM3: in use by another program")]


def test_a_bad_board_file_stops_nothing(monkeypatch):
    def broken():
        raise LinnetError("X/board.toml: is not valid TOML")

    monkeypatch.setattr(doctor, "all_boards", broken)
    monkeypatch.setattr(doctor, "list_ports", lambda: [])
    monkeypatch.setattr(doctor, "plugged_in", lambda: [])
    found = list(doctor.findings())
    assert [finding.what for finding in found if finding.state == "wrong"] == ["X/board.toml: is not valid TOML"]
    assert found[-1].what.startswith("no serial port")


def test_ports_that_are_no_boards(monkeypatch):
    monkeypatch.setattr(doctor, "list_ports", lambda: [("COM1", None, None, "n/a"), ("COM9", 0x1234, 1, "a modem")])
    monkeypatch.setattr(doctor, "plugged_in", lambda: [])
    (finding,) = doctor._ports(None, connect=True)
    assert finding.state == "note" and "--port COM9" in finding.remedy


def test_a_port_without_permission(monkeypatch, tmp_path):
    port = tmp_path / "ttyACM0"
    port.touch()
    monkeypatch.setattr(doctor, "list_ports", lambda: [(str(port), 0x2E8A, 5, "Board in FS mode")])
    monkeypatch.setattr(doctor, "plugged_in", lambda: [(str(port), [load_board("RPI_PICO")])])
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    (finding,) = doctor._ports(None, connect=True)
    assert finding.state == "wrong" and "usermod" in finding.remedy


def test_an_emulated_board_before_and_after_a_deploy(digits, tmp_path):
    board = load_board("qemu-m4f")
    if not firmware_path(board).exists() or not shutil.which(board.emulator.program):
        pytest.skip("qemu-m4f is not built: make boards")
    (tmp_path / "digits.linnet").write_bytes(pack(digits / "digits.tflite"))
    with Emulator(board, tmp_path / "state") as emulator:
        result = CliRunner().invoke(command_line, ["doctor", "--port", emulator.port, "--json"])
        found = [finding for finding in json.loads(result.output) if finding["area"] == emulator.port]
        assert [finding["state"] for finding in found] == ["ok", "ok", "note"], found
        with Connection(emulator.port) as connection:
            deploy(connection, tmp_path / "digits.linnet")
        result = CliRunner().invoke(command_line, ["doctor", "--port", emulator.port])
        assert f"Linnet {doctor.__version__} is on it" in result.output


def test_exit_status(monkeypatch):
    found = [doctor.Finding("host", "ok", "fine"), doctor.Finding("COM3", "wrong", "no filesystem", "format it")]
    monkeypatch.setattr(doctor, "findings", lambda port, connect: iter(found))
    result = CliRunner().invoke(command_line, ["doctor"])
    assert result.exit_code == 1 and "→ format it" in result.output and "1 thing to mend" in result.output
    monkeypatch.setattr(doctor, "findings", lambda port, connect: iter(found[:1]))
    result = CliRunner().invoke(command_line, ["doctor"])
    assert result.exit_code == 0 and "all is well" in result.output
