"""Boards as data: reads and checks boards/<name>/board.toml. Emulated boards are boards like any other."""

import difflib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

from linnet.errors import LinnetError
from linnet.paths import checkout

# sys.implementation._mpy >> 10 & 15 is a place in this list (MicroPython, py/persistentcode.h).
NATIVE_ARCHS = (
    "none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip


@dataclass(frozen=True)
class Emulation:
    """How a board is emulated: the [emulator] table of its board.toml."""

    program: str  # "qemu-system-arm"; "" when the firmware is itself a program (the unix port)
    arguments: tuple[str, ...]  # the machine; emulate.py adds console, flash and firmware
    package: str  # the Debian package that has the program
    firmware: str  # file name in build/boards/<name>/
    icount_shift: int | None = None  # QEMU -icount shift=N at which a counter read is exact; None: no -icount


@dataclass(frozen=True)
class Board:
    """One board.toml."""

    name: str  # as MicroPython names it; emulated ones begin with "qemu-" or "unix"
    title: str
    mcu: str
    core: str  # "cortex-m4f"
    clock_hz: int  # of the board it stands for, when emulated
    native_arch: str  # one of NATIVE_ARCHS
    heap_bytes: int  # MicroPython's heap after start-up of stock firmware
    flash_bytes: int  # of the filesystem
    romfs: bool  # firmware has a ROMFS partition
    linnet_built_in: bool  # Linnet is in the firmware, as a user C module
    usb_ids: tuple[tuple[int, int], ...]  # (vid, pid) under which its MicroPython enumerates
    emulator: Emulation | None = None  # None: a real board

    @property
    def emulated(self):
        """True when the board needs no hardware."""
        return self.emulator is not None


def native_arch_name(mpy_word):
    """The native architecture ("armv7emsp") that the board's `sys.implementation._mpy` stands for."""
    index = mpy_word >> 10 & 15
    return NATIVE_ARCHS[index] if index < len(NATIVE_ARCHS) else f"unknown architecture {index}"


def boards_dir():
    """The folder that holds one folder a board."""
    root = checkout()
    return root / "boards" if root else Path(__file__).parent / "_boards"


@cache
def all_boards():
    """Every board that is described, by name, emulated ones first. Raises LinnetError when a description is wrong."""
    found = [read_board(path) for path in sorted(boards_dir().glob("*/board.toml"))]
    return {board.name: board for board in sorted(found, key=lambda board: not board.emulated)}


def load_board(name):
    """The board called `name`, in any case. Raises LinnetError, naming close ones, when there is none."""
    by_lower_name = {known.lower(): board for known, board in all_boards().items()}
    if name.lower() in by_lower_name:
        return by_lower_name[name.lower()]
    close = difflib.get_close_matches(name.lower(), by_lower_name, n=3, cutoff=0.5)
    if close:
        hint = f"did you mean {' or '.join(by_lower_name[near].name for near in close)}?"
    else:
        hint = f"known boards: {', '.join(all_boards())}."
    raise LinnetError(f'no board is called "{name}"; {hint}')


def match_usb(vid, pid):
    """The boards that enumerate as USB `vid`:`pid` (ints). Several when boards share an id, none when it is unknown."""
    return [board for board in all_boards().values() if (vid, pid) in board.usb_ids]


def read_board(path):
    """Read and check one board.toml (a Path). Raises LinnetError that names the file and the key."""
    where = f"{path.parent.name}/{path.name}"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LinnetError(f"{where}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LinnetError(f"{where}: is not valid TOML: {error}.") from None

    emulator = table.pop("emulator", None)
    values = _checked(where, "", table, Board, skip=("emulator",))
    if values["name"] != path.parent.name:
        raise LinnetError(f'{where}: name is "{values["name"]}"; it must be the folder\'s, "{path.parent.name}".')
    if values["native_arch"] not in NATIVE_ARCHS:
        raise LinnetError(
            f'{where}: native_arch "{values["native_arch"]}" is unknown; known: {", ".join(NATIVE_ARCHS)}.'
        )
    values["usb_ids"] = tuple(_usb_id(where, text) for text in values["usb_ids"])
    if emulator is not None:
        if not isinstance(emulator, dict):
            raise LinnetError(f"{where}: emulator must be a table.")
        emulator = Emulation(**_checked(where, "emulator.", emulator, Emulation))
    return Board(**values, emulator=emulator)


# What a key's annotation allows, and how a message says it.
_KINDS = {
    str: (str, "a string"),
    int: (int, "a positive whole number"),
    bool: (bool, "true or false"),
    int | None: (int, "a positive whole number"),
}


def _checked(where, prefix, table, record, skip=()):
    """The table's values as keyword arguments of the dataclass `record`, or LinnetError about the first wrong key."""
    known = {field.name: field for field in fields(record) if field.name not in skip}
    for key in table:
        if key not in known:
            raise LinnetError(f'{where}: unknown key "{prefix}{key}"; known: {", ".join(known)}.')
    values = {}
    for key, field in known.items():
        if key not in table:
            if field.type == int | None:
                continue
            raise LinnetError(f'{where}: key "{prefix}{key}" is missing.')
        value = table[key]
        kind, description = _KINDS.get(field.type, (list, "a list of strings"))
        right = type(value) is kind
        if kind is int:
            right = right and value > 0
        if kind is list:
            right = right and all(isinstance(item, str) for item in value)
            value = tuple(value) if right else value
        if not right:
            raise LinnetError(f'{where}: "{prefix}{key}" must be {description}, not {value!r}.')
        values[key] = value
    return values


def _usb_id(where, text):
    try:
        vid, pid = text.split(":")
        if len(vid) == len(pid) == 4:
            return int(vid, 16), int(pid, 16)
    except ValueError:
        pass
    raise LinnetError(f'{where}: usb_ids: "{text}" must be two times four hex digits, as "2e8a:0005".')
