"""The emulated Pico behaves as a Pico does: the real mpremote over USB and UART, floats, sleep, resets, a flash that lasts.

What models do there is in tests/host/test_rp2_models.py.
"""

import os
import signal

import numpy as np
import pytest
from real_mpremote import mpremote

from linnet.board import load_board, native_arch_name
from linnet.emulate import Emulator, firmware_path
from linnet.emulators import CONSOLES
from linnet.errors import LinnetError
from linnet.target import connect
from linnet.transport import Connection

BOARD = "RPI_PICO"


@pytest.fixture(autouse=True)
def firmware():
    if not firmware_path(load_board(BOARD)).exists():
        pytest.skip(f"the firmware of {BOARD} is not built: make boards")


@pytest.fixture(scope="module")
def pico(tmp_path_factory):
    """A Connection over USB, for tests that leave nothing behind."""
    with Emulator(BOARD, tmp_path_factory.mktemp("pico")) as emulator, Connection(emulator.port) as connection:
        yield connection


def test_is_what_board_toml_says(pico):
    mpy, machine, clock_hz, heap_bytes, flash_bytes = pico.eval(
        "[__import__('sys').implementation._mpy, __import__('sys').implementation._machine, __import__('machine').freq(),"
        " (__import__('gc').collect() or 0) + __import__('gc').mem_free(), (lambda s: s[0] * s[2])(__import__('os').statvfs('/'))]"
    )
    board = load_board(BOARD)
    assert native_arch_name(mpy) == board.native_arch and machine == "Raspberry Pi Pico with RP2040"
    assert clock_hz == board.clock_hz and flash_bytes == board.flash_bytes
    assert abs(heap_bytes - board.heap_bytes) < 0.01 * board.heap_bytes


@pytest.mark.parametrize("console", CONSOLES)
def test_files_last_when_killed(console, tmp_path):
    """Through the real mpremote, one way and the other, a folder of the host's as well."""
    content = os.urandom(5000)
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "there.py").write_text("def twice(x):\n    return 2 * x\n")
    with Emulator(BOARD, tmp_path / "state", console=console) as started:
        mpremote(started.port, "fs", "cp", str(tmp_path / "content"), ":kept.bin")
        assert mpremote(started.port, "mount", str(tmp_path), "exec", "import there; print(there.twice(21))").endswith("42")
        os.kill(started.pid, signal.SIGKILL)
    with Emulator(BOARD, tmp_path / "state", console=console) as started:
        mpremote(started.port, "fs", "cp", ":kept.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_reset_keeps_files_and_says_why(tmp_path):
    with Emulator(BOARD, tmp_path) as started:
        mpremote(started.port, "exec", "with open('main.py', 'w') as f: f.write('began = 42')")
        mpremote(started.port, "exec", "--no-follow", "import machine; machine.reset()")
        program = "import machine; print(began, machine.reset_cause() == machine.WDT_RESET)"
        assert mpremote(started.port, "resume", "exec", program) == "42 True"


def test_ctrl_c_ends_a_program(pico):
    pico.start("while True: pass")
    pico.interrupt()
    assert pico.eval("6 * 7") == 42


def test_sleep_takes_its_time(pico):
    """Virtual time; how long the host takes is the host's affair."""
    us = pico.eval("(lambda t: [t.ticks_us(), t.sleep_ms(50), t.ticks_us()])(__import__('time'))")
    assert 50_000 <= us[2] - us[0] < 60_000


LEAST_NORMAL = np.finfo(np.float32).tiny  # a Pico's floats below are 0


def test_floats_are_those_of_ieee(pico):
    """Arithmetic and conversions go through our boot ROM."""
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 1 << 32, 60, dtype=np.uint64).astype(np.uint32)
    floats = bits.view(np.float32)
    floats = floats[np.isfinite(floats) & (np.abs(floats) > 1e-30) & (np.abs(floats) < 1e30)]
    floats = np.concatenate([floats, rng.uniform(-1e6, 1e6, 30).astype(np.float32), np.float32([0, 1, -1, 0.5, -0.5, 2**24, -(2**31), 2**31, 1e10])])
    a, b = floats[:-1], floats[1:]
    program = (
        "import struct\n"
        f"a = struct.unpack('<{len(a)}f', {a.tobytes()!r})\nb = struct.unpack('<{len(b)}f', {b.tobytes()!r})\n"
        "def word(x): return struct.unpack('<I', struct.pack('<f', x))[0]\n"
        "print([[word(x + y), word(x - y), word(x * y), word(x / y) if y else 0, x < y, int(x) if abs(x) < 1e18 else 0, word(float(int(y)) if abs(y) < 1e9 else 0.0)]"
        " for x, y in zip(a, b)])"
    )
    rows = eval(pico.exec(program, 60))
    with np.errstate(all="ignore"):
        for x, y, (add, sub, mul, div, less, integer, back) in zip(a, b, rows, strict=True):
            for got, exact in zip((add, sub, mul, div), (x + y, x - y, x * y, x / y if y else 0)):
                if abs(exact) >= LEAST_NORMAL or exact == 0:
                    assert got == np.float32(exact).view(np.uint32), (x, y)
            assert less == (x < y)
            assert integer == (int(x) if abs(x) < 1e18 else 0)
            assert back == np.float32(int(y) if abs(y) < 1e9 else 0).view(np.uint32)


def test_a_board_plugged_in_is_taken_first(monkeypatch, tmp_path, capsys):
    board = load_board(BOARD)
    monkeypatch.setattr("linnet.target.plugged_in", lambda: [("/dev/ttyNONE", [board])])
    with pytest.raises(LinnetError, match="/dev/ttyNONE: no such serial port"), connect(BOARD):
        pass
    assert "RPI_PICO: the one at /dev/ttyNONE" in capsys.readouterr().err
    monkeypatch.setattr("linnet.target.plugged_in", list)
    monkeypatch.setattr("linnet.emulate.default_state_dir", lambda name: tmp_path)
    with connect(BOARD) as connection:
        assert connection.eval("__import__('sys').platform") == "rp2"
    assert "RPI_PICO: none is plugged in, so an emulated one" in capsys.readouterr().err


def test_what_it_cannot_do(tmp_path):
    with pytest.raises(LinnetError, match='RPI_PICO: has no console "jtag"; it has usb and uart'):
        Emulator(BOARD, tmp_path, console="jtag").start()
    with pytest.raises(LinnetError, match="unix: has only one serial line"):
        Emulator("unix", tmp_path, console="uart").start()
