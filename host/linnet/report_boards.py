"""Tables of boards."""

import json
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table

from linnet.emulate import firmware_path, running
from linnet.target import plugged_in


def print_boards(boards):
    """A row for each Board."""
    ports = _ports(boards)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in (("board", "left"), ("what", "left"), ("native code", "left"), ("clock", "right"), ("heap", "right"),
                             ("flash", "right"), ("now", "left")):  # fmt: skip
        table.add_column(heading, justify=justify, no_wrap=heading != "what")
    for board in boards:
        table.add_row(
            board.name, board.title, board.native_arch, f"{board.clock_hz / 1e6:g} MHz", _kb(board.heap_bytes),
            _kb(board.flash_bytes), ports[board.name],
        )  # fmt: skip
    Console().print(table)


def print_board(board):
    """Every field of one Board."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for key, value in _facts(board).items():
        table.add_row(key, str(value))
    table.add_row("now", _ports([board])[board.name])
    Console().print(table)


def print_json(boards):
    print(json.dumps([_facts(board) for board in boards], indent=1))


def _facts(board):
    facts = {k: v for k, v in asdict(board).items() if k != "emulator"}
    facts["usb_ids"] = [f"{vid:04x}:{pid:04x}" for vid, pid in board.usb_ids]
    facts["emulated"] = board.emulated
    return facts


def _ports(boards):
    """{name: where the board is at this moment}."""
    there = {board.name: port for port, known in plugged_in() for board in known}
    for board in boards:
        if board.name in there:
            continue
        port = running(board.name) if board.emulated else None
        ready = board.emulated and firmware_path(board).exists()
        there[board.name] = port or ("emulated" if ready else "emulated; make boards" if board.emulated else "")
    return there


def _kb(n_bytes):
    return f"{n_bytes / 1024:,.0f} KB"
