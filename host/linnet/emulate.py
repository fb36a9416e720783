"""Starts and stops emulated boards. Each has a serial port (a pty) that any mpremote can open, and a flash on disk that
outlives it. An emulator ends with the program that started it."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from linnet.board import Board, load_board
from linnet.bridge import Bridge, raw_pty
from linnet.errors import LinnetError
from linnet.paths import build_dir

START_TIMEOUT_S = 20
LOCK_ATTEMPTS = 5
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Emulator:
    """One emulated board, started by `start()` or by entering it as a context.

    board: a Board or its name. state_dir: the folder of its flash, by default the board's own lasting one,
    <build>/emulated/<name>. icount: True, or a shift, to count instructions exactly (QEMU's -icount); timing
    is then the same in every run.
    """

    def __init__(self, board, state_dir=None, icount=None):
        self.board = board if isinstance(board, Board) else load_board(board)
        if not self.board.emulated:
            raise LinnetError(f"{self.board.name}: is a real board, not an emulated one; plug it in.")
        self.state_dir = Path(state_dir) if state_dir else default_state_dir(self.board.name)
        self.icount = icount
        self.port = None  # "/dev/pts/5" while it runs
        self._process = None
        self._lock = None
        self._bridge = None
        self._held_port = None

    @property
    def pid(self):
        """The emulator's process id, None when it does not run."""
        return self._process.pid if self._process else None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start the board and return its port. Raises LinnetError when firmware or emulator is missing or in use."""
        command = self._command()
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(self.board.name, self.state_dir)
        try:
            if self.board.emulator.program:
                self._start_qemu(command)
            else:
                self._start_program(command)
            _write_record(self._lock, self.pid, self.port)
        except BaseException:
            self.stop()
            raise
        return self.port

    def stop(self):
        """End the emulator. Does nothing when it does not run."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._forget()

    def kill(self):
        """End it as a power cut would: no signal that it could handle."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._forget()

    def wait(self):
        """Block until the emulator ends by itself."""
        self._process.wait()

    def _forget(self):
        if self._bridge:
            self._bridge.close()
        for descriptor in (self._held_port, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._bridge = self._held_port = self._lock = self._process = self.port = None

    def _command(self):
        emulator = self.board.emulator
        firmware = firmware_path(self.board).resolve()
        if not firmware.exists():
            raise LinnetError(f"{self.board.name}: its firmware {firmware} is not built; run: make boards")
        if self.icount and emulator.icount_shift is None:
            raise LinnetError(f"{self.board.name}: has no instruction counter; leave icount out.")
        if not emulator.program:
            files = (self.state_dir / "files").resolve()
            return [str(firmware), "-X", f"heapsize={self.board.heap_bytes}", "-m", "_boot", str(files)]
        program = shutil.which(emulator.program)
        if not program:
            raise LinnetError(
                f"{self.board.name}: {emulator.program} is not installed; run: apt-get install {emulator.package}"
            )
        command = [program, *emulator.arguments, "-display", "none", "-monitor", "none", "-semihosting"]
        command += ["-serial", "stdio", "-kernel", str(firmware)]
        if self.icount:
            shift = emulator.icount_shift if self.icount is True else self.icount
            command += ["-icount", f"shift={shift}"]
        return command

    def _start_qemu(self, command):
        _make_flash(self.state_dir / "flash.img", self.board.flash_bytes)
        bridge = Bridge()
        console = self.state_dir / "console"
        console.unlink(missing_ok=True)
        console.symlink_to(bridge.console)
        self._spawn(command, bridge.uart)
        os.close(bridge.uart)
        bridge.start()
        self._bridge, self.port = bridge, bridge.port
        if not bridge.decided.wait(START_TIMEOUT_S):
            raise LinnetError(f"{self.board.name}: the board did not come alive within {START_TIMEOUT_S} s.")
        if not bridge.alive:
            self._process.wait()
            text = (self.state_dir / "emulator.log").read_text(errors="replace")
            last = text.strip().splitlines()[-1:] or [f"exit code {self._process.returncode}"]
            raise LinnetError(f"{self.board.name}: the emulator ended at once: {last[0]}")

    def _start_program(self, command):
        (self.state_dir / "files").mkdir(exist_ok=True)
        console, self._held_port = raw_pty()
        self.port = os.ttyname(self._held_port)
        self._spawn(command, console)
        os.close(console)

    def _spawn(self, command, console):
        # The lock's descriptor is passed on: it lasts as long as anyone who could write the flash.
        with open(self.state_dir / "emulator.log", "wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.state_dir,
                stdin=console,
                stdout=console,
                stderr=log,
                pass_fds=(self._lock,),
                preexec_fn=_become_child(),
            )


def default_state_dir(name):
    """Where the lasting flash of the emulated board `name` is."""
    return build_dir() / "emulated" / name


def firmware_path(board):
    """The firmware file of an emulated Board, built or not."""
    return build_dir() / "boards" / board.name / board.emulator.firmware


def running(name, state_dir=None):
    """The port of the emulator of board `name` that some program started and that still runs, else None."""
    try:
        lock = os.open(Path(state_dir or default_state_dir(name)) / "lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None  # nobody holds it: what the file says is an old story
    except BlockingIOError:
        return _read_record(lock).get("port")
    finally:
        os.close(lock)


def erase(name, state_dir=None):
    """Give the board `name` a blank flash. Raises LinnetError while an emulator uses it."""
    state_dir = Path(state_dir or default_state_dir(name))
    if state_dir.is_dir():
        lock = _take_lock(name, state_dir)
        (state_dir / "flash.img").unlink(missing_ok=True)
        shutil.rmtree(state_dir / "files", ignore_errors=True)
        os.close(lock)


def _take_lock(name, state_dir):
    lock = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    for attempts_left in reversed(range(LOCK_ATTEMPTS)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            record = _read_record(lock)
            if not attempts_left:
                os.close(lock)
                raise LinnetError(
                    f"{name}: an emulator already runs on {state_dir} (process {record.get('pid', 'unknown')}); "
                    f"use its port, {record.get('port', 'not yet known')}, or end it first."
                ) from None
            time.sleep(0.02)  # it may only be someone who looks whether it runs
    os.ftruncate(lock, 0)
    return lock


def _write_record(lock, pid, port):
    os.pwrite(lock, json.dumps({"pid": pid, "port": port}).encode(), 0)


def _read_record(lock):
    try:
        return json.loads(os.pread(lock, 4096, 0))
    except ValueError:
        return {}  # it is just starting


def _make_flash(path, n_bytes):
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_bytes(b"\xff" * n_bytes)
        part.rename(path)


def _become_child():
    """What the child runs before the emulator. Ctrl-C in a terminal is for the program that streams, not for the board;
    and the kernel ends the board when the thread that started it ends."""
    prctl = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None
    parent = os.getpid()

    def ask_kernel():
        os.setpgid(0, 0)
        if prctl:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
