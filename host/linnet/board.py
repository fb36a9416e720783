"""Boards as data: reads and checks boards/<name>/board.toml. Emulated boards are boards like any other."""

import difflib
from dataclasses import MISSING, dataclass, field, fields
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


# The families of real boards: ports of MicroPython, and OpenMV's firmware.
PORTS = ("rp2", "esp32", "openmv")

CORES = (
    "cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc", "xtensa-lx6", "xtensa-lx7", "x64",
)  # fmt: skip

METHODS = ("uf2", "esptool", "dfu", "ide")  # ide: a program of the maker's, by hand


@dataclass(frozen=True)
class Flashing:
    """How firmware gets onto a board: the [flashing] table of its board.toml."""

    method: str  # one of METHODS
    firmware: str  # pattern of the file's name where MicroPython or OpenMV offers it: "RPI_PICO-*.uf2"
    bootloader: str  # how the board is brought to take it: a phrase after "to flash it, "
    chip: str | None = None  # esptool: as it names chips, "ESP32-C3"
    offset: int | None = field(default=None, metadata={"least": 0})  # esptool: where in flash the file goes
    volume: str | None = None  # UF2: Board-ID in the INFO_UF2.TXT of the volume that appears
    family: int | None = None  # UF2: family id of its blocks
    command: str | None = None  # DFU: a command line, FIRMWARE standing for the file


@dataclass(frozen=True)
class Emulation:
    """How a board is emulated: the [emulator] table of its board.toml."""

    program: str  # "qemu-system-arm"; "node": rp2040js; "" when the firmware is itself a program (the unix port)
    arguments: tuple[str, ...]  # the machine; emulators.py adds console, flash and firmware
    package: str  # the Debian package that has the program
    firmware: str  # file name in build/boards/<name>/
    icount_shift: int | None = None  # QEMU -icount shift=N at which a counter read is exact; None: no -icount


@dataclass(frozen=True)
class Board:
    """One board.toml."""

    name: str  # as MicroPython names it; emulated ones begin with "qemu-" or "unix"
    title: str
    mcu: str
    core: str  # one of CORES
    clock_hz: int  # after start-up; of the board it stands for, when emulated
    native_arch: str  # one of NATIVE_ARCHS
    heap_bytes: int  # MicroPython's heap after start-up of stock firmware
    flash_bytes: int  # of the filesystem
    romfs: bool  # firmware has a ROMFS partition
    linnet_built_in: bool  # Linnet is in the firmware, as a user C module
    usb_ids: tuple[tuple[int, int], ...]  # (vid, pid) under which its MicroPython enumerates
    port: str | None = None  # one of PORTS; None: emulated, on MicroPython's port qemu or unix
    cores: int = 1
    heap_segments: tuple[int, ...] = ()  # bytes: the heap in pieces, where it is not one; nothing may straddle two
    romfs_bytes: int | None = None  # of the ROMFS partition; None where there is none, or nothing is known of it
    flashing: Flashing | None = None  # every real board has it
    emulator: Emulation | None = None  # a real board may have one as well

    @property
    def emulated(self):
        """True when there is no such hardware, only the emulator."""
        return self.emulator is not None and self.flashing is None

    @property
    def heap_segment_bytes(self):
        """The most that a single object can take."""
        return max(self.heap_segments, default=self.heap_bytes)


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


def select(boards, port=None, core=None, emulated=False, heap_at_least=0):
    """Those of the boards that a user asked for, as a list. Raises LinnetError when there are none.

    port: one of PORTS. core: a name of CORES, or a part of one: "m7", "xtensa". emulated: only boards that need no
    hardware. heap_at_least: bytes.
    """
    boards = list(boards)
    if core is not None and not any(core.lower() in board.core for board in boards):
        raise LinnetError(f'no board has the core "{core}"; there are {", ".join(sorted({board.core for board in boards}))}.')
    found = [
        board
        for board in boards
        if port in (None, board.port)
        and (core is None or core.lower() in board.core)
        and (board.emulator or not emulated)
        and board.heap_bytes >= heap_at_least
    ]
    if not found:
        raise LinnetError("no board is like that: leave an option out; linnet boards lists all.")
    return found


def read_board(path):
    """Read and check one board.toml (a Path). Raises LinnetError that names the file and the key."""
    where = f"{path.parent.name}/{path.name}"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LinnetError(f"{where}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LinnetError(f"{where}: is not valid TOML: {error}.") from None

    records = {name: _record(where, name, table.pop(name, None), kind) for name, kind in _RECORDS.items()}
    values = _checked(where, "", table, Board, skip=tuple(records))
    if values["name"] != path.parent.name:
        raise LinnetError(f'{where}: name is "{values["name"]}"; it must be the folder\'s, "{path.parent.name}".')
    for key, known in (("native_arch", NATIVE_ARCHS), ("core", CORES), ("port", PORTS)):
        if values.get(key, known[0]) not in known:
            raise LinnetError(f'{where}: {key} "{values[key]}" is unknown; known: {", ".join(known)}.')
    values["usb_ids"] = tuple(_usb_id(where, text) for text in values["usb_ids"])
    if values.get("heap_segments") and sum(values["heap_segments"]) != values["heap_bytes"]:
        raise LinnetError(f"{where}: heap_segments add up to {sum(values['heap_segments'])}, heap_bytes is {values['heap_bytes']}.")
    if values.get("romfs_bytes") and not values["romfs"]:
        raise LinnetError(f"{where}: romfs_bytes is given, but romfs is false.")
    _check_flashing(where, records["flashing"])
    if records["emulator"] is None:
        for key, value in (("port", values.get("port")), ("flashing", records["flashing"])):
            if value is None:
                raise LinnetError(f'{where}: key "{key}" is missing: every real board has it.')
    return Board(**values, **records)


_RECORDS = {"flashing": Flashing, "emulator": Emulation}

# What each way of flashing must say.
_NEEDED = {"uf2": ("volume", "family"), "esptool": ("chip", "offset"), "dfu": ("command",), "ide": ()}


def _record(where, name, table, kind):
    """The table `name` of a board.toml as a dataclass `kind`; None when it is absent."""
    if table is None:
        return None
    if not isinstance(table, dict):
        raise LinnetError(f"{where}: {name} must be a table.")
    return kind(**_checked(where, f"{name}.", table, kind))


def _check_flashing(where, flashing):
    if flashing is None:
        return
    if flashing.method not in METHODS:
        raise LinnetError(f'{where}: flashing.method "{flashing.method}" is unknown; known: {", ".join(METHODS)}.')
    for method, keys in _NEEDED.items():
        for key in keys:
            if (getattr(flashing, key) is not None) != (method == flashing.method):
                what = "is missing" if method == flashing.method else "is not for it"
                raise LinnetError(f'{where}: flashing.method is "{flashing.method}": key "flashing.{key}" {what}.')


# What a key's annotation allows, and how a message says it.
_TEXT, _NUMBER, _FLAG = (str, "a string"), (int, "a positive whole number"), (bool, "true or false")
_KINDS = {str: _TEXT, str | None: _TEXT, int: _NUMBER, int | None: _NUMBER, bool: _FLAG}
_LISTS = {tuple[int, ...]: (int, "a list of positive whole numbers")}


def _checked(where, prefix, table, record, skip=()):
    """The table's values as keyword arguments of the dataclass `record`, or LinnetError about the first wrong key."""
    known = {field.name: field for field in fields(record) if field.name not in skip}
    for key in table:
        if key not in known:
            raise LinnetError(f'{where}: unknown key "{prefix}{key}"; known: {", ".join(known)}.')
    values = {}
    for key, field_ in known.items():
        if key in table:
            values[key] = _value(where, prefix + key, table[key], field_)
        elif field_.default is MISSING:
            raise LinnetError(f'{where}: key "{prefix}{key}" is missing.')
    return values


def _value(where, key, value, field_):
    """The value of one key, lists as tuples, or LinnetError when it is not what the dataclass's field takes."""
    least = field_.metadata.get("least", 1)
    if field_.type in _KINDS:
        kind, description = _KINDS[field_.type]
        items = [value]
    else:
        kind, description = _LISTS.get(field_.type, (str, "a list of strings"))
        items = value if isinstance(value, list) else [None]
    if not all(type(item) is kind and (kind is not int or item >= least) for item in items):
        description = description if least == 1 else "a whole number from 0"
        raise LinnetError(f'{where}: "{key}" must be {description}, not {value!r}.')
    return value if field_.type in _KINDS else tuple(value)


def _usb_id(where, text):
    try:
        vid, pid = text.split(":")
        if len(vid) == len(pid) == 4:
            return int(vid, 16), int(pid, 16)
    except ValueError:
        pass
    raise LinnetError(f'{where}: usb_ids: "{text}" must be two times four hex digits, as "2e8a:0005".')
