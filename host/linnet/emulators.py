"""The kinds of emulators: QEMU, rp2040js in Node, and the unix port, which is a program itself.

A kind takes (board, state_dir, option) and refuses what it lacks; `start(spawn)` starts it and gives the port of its serial line;
`close()` gives back what that took. spawn(command, console, *descriptors) is a process with `console` as standard input and output.
"""

import os
import select
import shutil
from pathlib import Path

from linnet.board import boards_dir
from linnet.bridge import Bridge, raw_pty
from linnet.errors import LinnetError
from linnet.paths import build_dir

START_TIMEOUT_S = 20
CONSOLES = ("usb", "uart")  # the serial lines of an emulated RP2040


def firmware_path(board):
    """The firmware file of a Board that has an emulator, built or not."""
    return build_dir() / "boards" / board.name / board.emulator.firmware


def emulator_of(board, state_dir, icount=None, console=None):
    """The kind of emulator that a Board asks for, ready to start. Raises LinnetError when a part of it is missing."""
    if not firmware_path(board).exists():
        raise LinnetError(f"{board.name}: its firmware {firmware_path(board).resolve()} is not built; run: make boards")
    if icount and board.emulator.icount_shift is None:
        raise LinnetError(f"{board.name}: has no instruction counter; leave icount out.")
    rp2040 = board.emulator.program == "node"
    if console and not rp2040:
        raise LinnetError(f"{board.name}: has only one serial line; leave the console out.")
    if console and console not in CONSOLES:
        raise LinnetError(f'{board.name}: has no console "{console}"; it has {" and ".join(CONSOLES)}.')
    if rp2040:
        return Rp2040(board, state_dir, console or CONSOLES[0])
    return Qemu(board, state_dir, icount) if board.emulator.program else Unix(board, state_dir)


class Unix:
    """MicroPython's unix port: the board's filesystem is a folder."""

    def __init__(self, board, state_dir):
        self.files = (state_dir / "files").resolve()
        self._held_port = None
        self.command = [str(firmware_path(board).resolve()), "-X", f"heapsize={board.heap_bytes}", "-m", "_boot", str(self.files)]

    def start(self, spawn):
        self.files.mkdir(exist_ok=True)
        port, self._held_port = _run_on_pty(spawn, self.command)
        return port

    def close(self):
        if self._held_port is not None:
            os.close(self._held_port)


class Rp2040:
    """rp2040js, with what boards/rp2 adds to it."""

    def __init__(self, board, state_dir, console):
        self.board, self.state_dir = board, state_dir
        self._held_port = None
        parts = build_dir().resolve() / "boards" / "rp2"
        package = parts / "node_modules" / "rp2040js"
        if not package.exists():
            raise LinnetError(f"{board.name}: its emulator, {package}, is not built; run: make boards")
        self.command = [_program(board), str(boards_dir() / "rp2" / "emulator.mjs"), "--rp2040js", str(package)]
        self.command += ["--rom", str(parts / "boot_rom.bin"), "--firmware", str(firmware_path(board).resolve())]
        self.command += ["--flash", "flash.img", "--flash-bytes", str(board.flash_bytes), "--console", console]

    def start(self, spawn):
        _make_flash(self.state_dir / "flash.img", self.board.flash_bytes)
        told, tell = os.pipe()
        try:
            port, self._held_port = _run_on_pty(spawn, [*self.command, "--ready", str(tell)], tell)
        finally:
            os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            if not select.select([pipe], [], [], START_TIMEOUT_S)[0]:
                raise _not_alive(self.board)
            if not pipe.read(1):
                raise _ended(self.board, self.state_dir)
        return port

    def close(self):
        if self._held_port is not None:
            os.close(self._held_port)


class Qemu:
    """A machine in QEMU: boards/qemu says what its firmware shares with the host."""

    def __init__(self, board, state_dir, icount):
        self.board, self.state_dir = board, state_dir
        self._bridge = None
        self.command = [_program(board), *board.emulator.arguments, "-display", "none", "-monitor", "none", "-semihosting"]
        self.command += ["-serial", "stdio", "-kernel", str(firmware_path(board).resolve())]
        if icount:
            shift = board.emulator.icount_shift if icount is True else icount
            self.command += ["-icount", f"shift={shift}"]

    def start(self, spawn):
        _make_flash(self.state_dir / "flash.img", self.board.flash_bytes)
        bridge = Bridge()
        console = self.state_dir / "console"
        console.unlink(missing_ok=True)
        console.symlink_to(bridge.console)
        process = spawn(self.command, bridge.uart)
        os.close(bridge.uart)
        bridge.start()
        self._bridge = bridge
        if not bridge.decided.wait(START_TIMEOUT_S):
            raise _not_alive(self.board)
        if not bridge.alive:
            process.wait()
            raise _ended(self.board, self.state_dir)
        return bridge.port

    def close(self):
        if self._bridge:
            self._bridge.close()


def _program(board):
    program = shutil.which(board.emulator.program)
    if not program:
        raise LinnetError(f"{board.name}: {board.emulator.program} is not installed; run: apt-get install {board.emulator.package}")
    return program


def _run_on_pty(spawn, command, *descriptors):
    """Starts a program whose standard input and output are a serial port: (the port, a descriptor that keeps it open)."""
    console, held_port = raw_pty()
    spawn(command, console, *descriptors)
    os.close(console)
    return os.ttyname(held_port), held_port


def _make_flash(path, n_bytes):
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_bytes(b"\xff" * n_bytes)
        part.rename(path)


def _not_alive(board):
    return LinnetError(f"{board.name}: the board did not come alive within {START_TIMEOUT_S} s.")


def _ended(board, state_dir):
    """What an emulator that ended at once said last."""
    text = (Path(state_dir) / "emulator.log").read_text(errors="replace")
    last = text.strip().splitlines()[-1:] or ["it said nothing"]
    return LinnetError(f"{board.name}: the emulator ended at once: {last[0]}")
