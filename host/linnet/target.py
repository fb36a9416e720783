"""From `--board` and `--port` to an open connection: a plugged-in board, or an emulated one."""

from contextlib import contextmanager

from linnet.board import load_board, match_usb
from linnet.emulate import Emulator, running
from linnet.errors import LinnetError
from linnet.transport import Connection, list_ports

DEFAULT_EMULATED = "qemu-m4f"


@contextmanager
def connect(board_name=None, port=None):
    """Yields an open Connection to what the user asked for.

    `port`: that port. `board_name` alone: the emulated board of that name, one that runs already or one started for the
    occasion; or the real board that is plugged in. Neither: the one board that is plugged in, or the default emulated
    board when there is none.
    """
    with _port(board_name, port) as where, Connection(where) as connection:
        yield connection


@contextmanager
def _port(board_name, port):
    board = load_board(board_name) if board_name else None
    if port:
        yield port
    elif board and not board.emulated:
        yield _one([port for port, known in plugged_in() if board in known], board.name)
    elif not board and plugged_in():
        yield _one([port for port, _ in plugged_in()], "a known board")
    else:
        board = board or load_board(DEFAULT_EMULATED)
        there = running(board.name)
        if there:
            yield there
        else:
            with Emulator(board) as emulator:
                yield emulator.port


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
