"""What a board says of itself: architecture, MicroPython, memory, flash, whether Linnet is built in."""

import json
from dataclasses import dataclass

from linnet.errors import LinnetError

# Index: (sys.implementation._mpy >> 10) & 15, MicroPython's py/persistentcode.h.
ARCHITECTURES = (
    None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin",
    "rv32imc", "rv64imc",
)  # fmt: skip
THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")  # each runs the files of those before it

SCRIPT = """
import sys, gc, os, json
p = sys.path[:]
sys.path[:] = []
try:
    import _linnet
    b = True
except ImportError:
    b = False
sys.path[:] = p
try:
    s = os.statvfs('/')
    f = s[0] * s[3]
except OSError:
    f = None
i = sys.implementation
gc.collect()
print(json.dumps([getattr(i, '_mpy', 0), i.version[:3], getattr(i, '_machine', sys.platform), gc.mem_free(), f, b]))
"""


@dataclass
class BoardFacts:
    native_arch: str | None  # None: this firmware does not load native modules
    abi: str  # of .mpy files: "6.3"
    version: tuple  # of MicroPython
    machine: str
    free_heap_bytes: int
    free_flash_bytes: int | None  # None: no filesystem
    built_in: bool  # the native module is part of the firmware


def probe(connection):
    """Asks the board, after a soft reset, for a BoardFacts."""
    connection.soft_reset()
    text = connection.exec(SCRIPT).decode(errors="replace").strip().splitlines()
    try:
        mpy, version, machine, heap, flash, built_in = json.loads(text[-1])
    except (IndexError, ValueError):
        raise LinnetError(f"the board's answer is not MicroPython's: {' '.join(text)[:80]!r}") from None
    code = (mpy >> 10) & 15
    return BoardFacts(
        native_arch=ARCHITECTURES[code] if code < len(ARCHITECTURES) else None,
        abi=f"{mpy & 255}.{(mpy >> 8) & 3}",
        version=tuple(version),
        machine=machine,
        free_heap_bytes=heap,
        free_flash_bytes=flash,
        built_in=built_in,
    )


def loadable(arch):
    """The architectures whose native modules a board of `arch` loads, best first."""
    return list(reversed(THUMB[: THUMB.index(arch) + 1])) if arch in THUMB else [arch]
