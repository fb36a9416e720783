"""What is installed, what is connected, what is wrong with it, and what to do: the findings of `linnet doctor`."""

import os
import platform
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from linnet import __version__, core
from linnet.board import all_boards
from linnet.emulate import firmware_path, running
from linnet.errors import LinnetError
from linnet.paths import checkout
from linnet.payload import native_archs, payload
from linnet.probe import probe
from linnet.target import plugged_in
from linnet.transport import Connection, list_ports

OLDEST = (1, 23)  # MicroPython whose .mpy files are those that are built here
NEEDED = ("numpy", "tflite", "mpremote", "esptool", "click", "rich")
EXTRAS = {"ai-edge-litert": ("litert", "linnet verify"), "onnx": ("onnx", "models in ONNX"), "torch": ("torch", "models of PyTorch")}
FULL_BYTES = 32768  # less than this free on a board's filesystem, and hardly a model goes in


@dataclass(frozen=True)
class Finding:
    area: str  # "host", "boards", or a port
    state: str  # "ok"; "note": fine, but one may want to know; "wrong"
    what: str
    remedy: str = ""


def findings(port=None, connect=True):
    """Yields Findings, slow ones last. port: also look at this serial port; connect: False leaves boards alone.

    Connecting to a board interrupts the program that runs there.
    """
    for area, look in (("host", _host), ("emulated boards", _emulated), ("ports", lambda: _ports(port, connect))):
        try:
            yield from look()
        except LinnetError as error:
            yield Finding(area, "wrong", str(error))


def _host():
    where = f"checkout {checkout()}" if checkout() else f"installed in {Path(__file__).parent}"
    yield Finding("host", "ok", f"linnet {__version__}, {where}; Python {platform.python_version()} on {platform.system()}")
    for name in NEEDED:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding("host", "wrong", f"{name} is not installed", f"pip install {name}")
    for name, (extra, purpose) in EXTRAS.items():
        try:
            yield Finding("host", "ok", f"{name} {metadata.version(name)}: {purpose}")
        except metadata.PackageNotFoundError:
            yield Finding("host", "note", f"{name} is not installed: no {purpose}", f"pip install linnet[{extra}]")
    try:
        core.library()
        yield Finding("host", "ok", f"the C core: {core.library_path()}")
    except LinnetError as error:
        yield Finding("host", "wrong", str(error))
    archs = native_archs()
    build = "make natmod" if checkout() else "pip install --force-reinstall linnet"
    if archs:
        yield Finding("host", "ok", f"native modules for {', '.join(archs)}")
    else:
        yield Finding("host", "wrong", "native modules for no architecture: nothing can be put on stock firmware", build)


def _emulated():
    boards = [board for board in all_boards().values() if board.emulator]
    there = [board.name for board in boards if firmware_path(board).exists()]
    yield Finding("emulated boards", "ok" if there else "note", f"firmware for {', '.join(there) or 'none'}",
                  "" if there else "in a checkout: make boards")  # fmt: skip
    lacking = {board.emulator.package: board.emulator.program for board in boards
               if board.emulator.program and not shutil.which(board.emulator.program)}  # fmt: skip
    for package, program in sorted(lacking.items()):
        yield Finding("emulated boards", "note", f"{program} is not installed", f"apt-get install {package}")
    for board in boards:
        if running(board.name):
            yield Finding("emulated boards", "ok", f"{board.name} runs at {running(board.name)}")


def _ports(port, connect):
    known = dict(plugged_in())
    # One of the PC's own, without USB, is most likely nothing at all.
    ports = {device: description for device, vid, _, description in list_ports() if vid or device == port}
    if port:
        ports.setdefault(port, "as asked for")
    if not ports:
        yield Finding("ports", "note", "no serial port: no board is plugged in",
                      "plug one in with a cable that carries data; without a board: linnet deploy MODEL --board qemu-m4f")  # fmt: skip
    for device, description in ports.items():
        names = " or ".join(board.name for board in known.get(device, ()))
        if os.name == "posix" and os.path.exists(device) and not os.access(device, os.R_OK | os.W_OK):
            yield Finding(device, "wrong", "no permission to open it",
                          f"sudo usermod -a -G {_group(device)} {os.environ.get('USER', 'YOU')}, then log in anew")  # fmt: skip
        elif not names and device != port:
            yield Finding(device, "note", f"{description}: not a board that Linnet knows", f"linnet doctor --port {device} asks it")
        elif not connect:
            yield Finding(device, "ok", f"{names or description}: not asked")
        else:
            yield from _board(device)


def _board(device):
    """What a board says of itself."""
    try:
        with Connection(device) as connection:
            facts = probe(connection)
            installed = connection.exec(
                "try:\n import linnet\n print(linnet.__version__)\nexcept Exception as e:\n print('-', e)"
            ).decode(errors="replace").strip()  # fmt: skip
    except LinnetError as error:
        yield Finding(device, "wrong", str(error))
        return
    yield Finding(device, "ok", f"{facts.machine}, MicroPython {facts.version_text}, native code {facts.native_arch}")
    if facts.version[:2] < OLDEST:
        yield Finding(device, "wrong", f"MicroPython {facts.version_text} is older than {'.'.join(map(str, OLDEST))}",
                      "put a newer firmware on it")  # fmt: skip
    else:
        try:
            payload(facts)
        except LinnetError as error:
            yield Finding(device, "wrong", str(error))
    if facts.free_flash_bytes is None:
        yield Finding(device, "wrong", "it has no filesystem", "format its flash: see the board's page at micropython.org")
    elif facts.free_flash_bytes < FULL_BYTES:
        yield Finding(device, "wrong", f"its filesystem has {facts.free_flash_bytes:,} bytes left", "delete files: mpremote fs ls, rm")
    else:
        yield Finding(device, "ok", f"free: {facts.free_flash_bytes:,} bytes of flash, {facts.free_heap_bytes:,} of heap")
    if installed.startswith("- no module"):
        yield Finding(device, "note", "Linnet is not on it yet", "linnet deploy MODEL brings what is needed")
    elif installed.startswith("-"):
        yield Finding(device, "wrong", f"import linnet fails there: {installed[2:]}", "linnet deploy MODEL sends it anew")
    elif installed != __version__:
        yield Finding(device, "note", f"Linnet {installed} is on it, {__version__} here", "linnet deploy MODEL brings the newer")
    else:
        yield Finding(device, "ok", f"Linnet {installed} is on it")


def _group(device):
    """The group that may open a port: dialout on Debian."""
    try:
        import grp

        return grp.getgrgid(os.stat(device).st_gid).gr_name
    except (ImportError, KeyError, OSError):
        return "dialout"
