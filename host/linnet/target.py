"""From `--board` and `--port` to an open connection: a plugged-in board, or an emulated one."""

import sys
from contextlib import contextmanager

from linnet.board import load_board, match_usb
from linnet.emulate import Emulator, running
from linnet.errors import LinnetError
from linnet.transport import Connection, list_ports

DEFAULT_EMULATED = "qemu-m4f"


@contextmanager
def connect(board_name=None, port=None):
    """Yields an open Connection to what the user asked for.

    `port`: that port. `board_name` alone: the real board of that name that is plugged in; else the emulated one, which runs
    already or is started for the occasion. Neither: the one board that is plugged in, or the default emulated board when
    there is none.
    """
    with _port(board_name, port) as where, Connection(where) as connection:
        yield connection


@contextmanager
def _port(board_name, port):
    board = load_board(board_name) if board_name else None
    if port:
        yield port
        return
    there = [where for where, known in plugged_in() if board is None or board in known]
    if there or (board and not board.emulator):
        where = _one(there, board.name if board else "a known board")
        _say_which(board, f"the one at {where}")
        yield where
        return
    board = board or load_board(DEFAULT_EMULATED)
    _say_which(board, "none is plugged in, so an emulated one")
    where = running(board.name)
    if where:
        yield where
    else:
        with Emulator(board) as emulator:
            yield emulator.port


def _say_which(board, taken):
    """For a board that may be real or emulated."""
    if board and board.emulator and not board.emulated:
        print(f"{board.name}: {taken}", file=sys.stderr)


def plugged_in():
    """[(port, boards)] for every serial port whose USB ids board files name; several boards may share an id."""
    found = []
    for device, vid, pid, _ in list_ports():
        known = match_usb(vid, pid)
        if known:
            found.append((device, known))
    return found


def _one(ports, wanted):
    if not ports:
        raise LinnetError(f"no port found for {wanted}: plug it in, or name its port with --port")
    if len(ports) > 1:
        raise LinnetError(f"several ports for {wanted}: choose one with --port: {', '.join(ports)}")
    return ports[0]
