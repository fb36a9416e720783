"""Several boards at once: a bad one among them keeps no other from the model, and the exit status says so."""

import pytest
from click.testing import CliRunner
from fake_board import FakeBoard

from linnet import LinnetError, fleet
from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.emulate import Emulator, firmware_path
from linnet.packer import pack
from linnet.transport import Connection


@pytest.fixture
def emulators(tmp_path):
    """Two boards."""
    board = load_board("unix")
    if not firmware_path(board).exists():
        pytest.skip("the firmware of unix is not built: make boards")
    with Emulator(board, tmp_path / "one") as one, Emulator(board, tmp_path / "two") as two:
        yield one, two


@pytest.fixture
def model(digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(pack(digits / "digits.tflite"))
    return path


def is_there(emulator):
    with Connection(emulator.port) as connection:
        return connection.eval("__import__('linnet').load('digits').selftest()") == 2


def test_a_bad_board_among_three(emulators, model, tmp_path):
    with FakeBoard(tmp_path / "flash", filesystem="read-only") as bad:
        ports = [emulators[0].port, bad.port, emulators[1].port]
        arguments = ["deploy", str(model)] + [word for port in ports for word in ("--port", port)]
        result = CliRunner().invoke(command_line, arguments)
    assert isinstance(result.exception, LinnetError)
    assert str(result.exception) == f"1 of 3 boards did not get the model: {bad.port}; the others did"
    assert f"{ports[0]}: deployed" in result.output and f"{ports[2]}: deployed" in result.output
    assert all(is_there(emulator) for emulator in emulators)


def test_all(emulators, model, monkeypatch):
    monkeypatch.setattr(fleet, "plugged_in", lambda: [(emulator.port, []) for emulator in emulators])
    result = CliRunner().invoke(command_line, ["deploy", str(model), "--all"])
    assert result.exit_code == 0 and result.output.count(": deployed") == 2
    assert all(is_there(emulator) for emulator in emulators)


def test_all_of_none(model, monkeypatch):
    monkeypatch.setattr(fleet, "plugged_in", lambda: [])
    with pytest.raises(LinnetError, match="no board is plugged in"):
        command_line(["deploy", str(model), "--all"], standalone_mode=False)
