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
from linnet.emulators import emulator_of, firmware_path  # noqa: F401  who starts a board asks here whether it can
from linnet.errors import LinnetError
from linnet.paths import build_dir

LOCK_ATTEMPTS = 5
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Emulator:
    """One emulated board, started by `start()` or by entering it as a context.

    board: a Board or its name. state_dir: the folder of its flash, by default the board's own lasting one,
    <build>/emulated/<name>. icount: True, or a shift, to count instructions exactly (QEMU's -icount); timing
    is then the same in every run. console: "usb" or "uart", where the board has both.
    """

    def __init__(self, board, state_dir=None, icount=None, console=None):
        self.board = board if isinstance(board, Board) else load_board(board)
        if not self.board.emulator:
            raise LinnetError(f"{self.board.name}: is a real board, not an emulated one; plug it in.")
        self.state_dir = Path(state_dir) if state_dir else default_state_dir(self.board.name)
        self.icount = icount
        self.console = console
        self.port = None  # "/dev/pts/5" while it runs
        self._process = None
        self._lock = None
        self._kind = None

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
        kind = emulator_of(self.board, self.state_dir, self.icount, self.console)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(self.board.name, self.state_dir)
        try:
            self._kind = kind
            self.port = kind.start(self._spawn)
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
        if self._kind:
            self._kind.close()
        if self._lock is not None:
            os.close(self._lock)
        self._kind = self._lock = self._process = self.port = None

    def _spawn(self, command, console, *descriptors):
        # The lock's descriptor is passed on: it lasts as long as anyone who could write the flash.
        with open(self.state_dir / "emulator.log", "wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.state_dir,
                stdin=console,
                stdout=console,
                stderr=log,
                pass_fds=(self._lock, *descriptors),
                preexec_fn=_become_child(),
            )
        return self._process


def default_state_dir(name):
    """Where the lasting flash of the emulated board `name` is."""
    return build_dir() / "emulated" / name


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
        for image in ("flash.img", "rom.img"):
            (state_dir / image).unlink(missing_ok=True)
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
