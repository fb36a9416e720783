"""What a board says of itself: architecture, MicroPython, memory, flash, whether Linnet is built in."""

import json
from dataclasses import dataclass

from linnet.board import native_arch_name
from linnet.errors import LinnetError

# Each runs the native modules of those before it (MicroPython, py/persistentcode.h).
THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")

# Along this path an import finds only what is part of the firmware.
SCRIPT = """
import sys, gc, os, json
path = sys.path[:]
sys.path[:] = ['.frozen']
built_in, core = [], None
for name in ('_linnet', 'linnet'):
    try:
        core = getattr(__import__(name), 'CORE', core)
        built_in.append(name)
    except ImportError:
        pass
sys.path[:] = path
def ls(path):
    try:
        return os.listdir(path)
    except OSError:
        return []
modules = []
try:
    root = '/flash' if 'flash' in os.listdir('/') else ''
    s = os.statvfs(root + '/')
    free = s[0] * s[3]
    for name in ls(root + '/models'):
        if name.endswith('.old'):
            free += os.stat(root + '/models/' + name)[6]
    modules = [name for name in ls(root + '/lib') if name.startswith('_linnet_') and name.endswith('.mpy')]
except OSError:
    root, free = '', None
i = sys.implementation
gc.collect()
print(json.dumps([getattr(i, '_mpy', 0), i.version[:3], getattr(i, '_machine', sys.platform), gc.mem_free(), root, free, built_in, core, modules]))
"""


@dataclass(frozen=True)
class BoardFacts:
    native_arch: str  # "none": this firmware does not load native modules
    abi: str  # of .mpy files: "6.3"
    version: tuple  # of MicroPython
    machine: str
    free_heap_bytes: int
    root: str  # of the writable filesystem: "" or "/flash"
    free_flash_bytes: int | None  # models kept for a rollback give way, and count as free; None: no filesystem
    built_in: tuple  # what of Linnet is part of the firmware: "_linnet", the C module; "linnet", the package
    built_in_core: int | None = None  # the core that the built-in C module is tuned to: FORMAT.md, section 3
    modules: tuple = ()  # file names of native modules beyond the base that are on its filesystem

    @property
    def version_text(self):
        return ".".join(str(number) for number in self.version)


def probe(connection):
    """Asks the board, after a soft reset, for its BoardFacts."""
    connection.soft_reset()
    lines = connection.exec(SCRIPT).decode(errors="replace").strip().splitlines()
    try:
        mpy, version, machine, heap, root, flash, built_in, core, modules = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise LinnetError(f"{connection.port}: the answer is not MicroPython's: {' '.join(lines)[:80]!r}") from None
    return BoardFacts(
        native_arch=native_arch_name(mpy),
        abi=f"{mpy & 255}.{(mpy >> 8) & 3}",
        version=tuple(version),
        machine=machine,
        free_heap_bytes=heap,
        root=root,
        free_flash_bytes=flash,
        built_in=tuple(built_in),
        built_in_core=core,
        modules=tuple(modules),
    )


def loadable(arch):
    """The architectures whose native modules a board of `arch` loads, best first."""
    return list(reversed(THUMB[: THUMB.index(arch) + 1])) if arch in THUMB else [arch]
