"""Tables of boards."""

import json
from dataclasses import asdict

from rich import box
from rich.table import Table

from linnet.emulate import firmware_path, running
from linnet.report import console
from linnet.target import plugged_in


def print_boards(boards):
    """A row for each Board."""
    ports = _ports(boards)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in (("board", "left"), ("core", "left"), ("MHz", "right"), ("heap", "right"),
                             ("in one piece", "right"), ("flash", "right"), ("ROMFS", "right"), ("now", "left")):  # fmt: skip
        width = max(len(board.name) for board in boards) if heading == "board" else None
        table.add_column(heading, justify=justify, no_wrap=heading != "now", min_width=width)
    for board in boards:
        piece = _kb(board.heap_segment_bytes) if board.heap_segments else ""
        table.add_row(
            board.name, board.core, f"{board.clock_hz / 1e6:g}", _kb(board.heap_bytes), piece, _kb(board.flash_bytes),
            _romfs(board), ports[board.name],
        )  # fmt: skip
    console().print(table)


def print_board(board):
    """What a model may use on one Board, and how firmware gets there."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for key, value in _told(board).items():
        table.add_row(key, value)
    table.add_row("now", _ports([board])[board.name] or "not plugged in")
    console().print(table)


def print_json(boards):
    print(json.dumps([_facts(board) for board in boards], indent=1))


def _told(board):
    """{heading: text} of a Board."""
    several = f", {board.cores} of them, of which a model uses one" if board.cores > 1 else ""
    told = {
        "board": f"{board.name}: {board.title}",
        "chip": f"{board.mcu}, {board.core} at {board.clock_hz / 1e6:g} MHz{several}",
        "native code": "Linnet is built in" if board.linnet_built_in else board.native_arch,
        "heap": f"{board.heap_bytes:,} bytes after start-up, {board.heap_segment_bytes:,} of them in one piece",
        "filesystem": f"{board.flash_bytes:,} bytes",
        "a model's weights": f"{_places(board)}: linnet fit MODEL --board {board.name}",
    }
    if board.usb_ids:
        told["USB"] = ", ".join(f"{vid:04x}:{pid:04x}" for vid, pid in board.usb_ids)
    if board.flashing:
        told["firmware"] = f"{board.flashing.firmware}: linnet flash {board.name} --firmware FILE"
        told["to flash it"] = board.flashing.bootloader
    return told


def _places(board):
    """Where the weights of a model can lie, the best first."""
    if board.romfs:
        size = f", {board.romfs_bytes:,} bytes" if board.romfs_bytes else ""
        return f"used in place in ROMFS{size}, or in the heap, or read through a window"
    return "in the heap, or read from the filesystem through a window; this firmware has no ROMFS"


def _facts(board):
    facts = asdict(board)
    facts.pop("emulator")
    facts["usb_ids"] = [f"{vid:04x}:{pid:04x}" for vid, pid in board.usb_ids]
    facts["heap_segments"] = list(board.heap_segments or (board.heap_bytes,))
    facts["emulated"] = board.emulated
    return facts


def _ports(boards):
    """{name: where the board is at this moment}."""
    there = {board.name: port for port, known in plugged_in() for board in known}
    for board in boards:
        if board.name in there:
            continue
        port = running(board.name) if board.emulator else None
        ready = board.emulator and firmware_path(board).exists()
        there[board.name] = port or ("emulated" if ready else "emulated; make boards" if board.emulator else "")
    return there


def _romfs(board):
    return _kb(board.romfs_bytes) if board.romfs_bytes else "yes" if board.romfs else ""


def _kb(n_bytes):
    return f"{n_bytes / 1024:,.0f} KB" if n_bytes < 10 << 20 else f"{n_bytes / (1 << 20):,.0f} MB"
