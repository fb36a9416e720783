"""Runs a program on a board and hands its records on, for as long as the user wants, across resets of the board."""

import contextlib
import re
import time
from dataclasses import dataclass

from .errors import LinnetError
from .records import Damaged, Record, RecordReader, Text
from .transport import BoardGone, BoardSilent

LOOK_S = 0.1  # how often stop() is asked while the board is silent
FRUITLESS_RESTARTS = 5

# What a board prints when it starts anew, perhaps in the middle of a line that its program was writing.
_RESTARTED = re.compile(
    rb"MPY: soft reboot\r\n|raw REPL; CTRL-B to exit\r\n|MicroPython v[0-9][^\r\n]*\r\n(Type |>>> )"
)
_LONGEST_BANNER_BYTES = 256


@dataclass
class Streamed:
    """What a stream amounted to."""

    records: int = 0
    damaged: int = 0  # records cut off or garbled
    restarts: int = 0  # times the board was reset or vanished, and the program started again


def stream(conn, program, on_record, on_text=None, on_damaged=None, stop=None, patience_s=30.0):
    """Runs program (source text) on conn, an open Connection, until it ends or stop() is true. Returns a Streamed.

    on_record(value) gets what each record's JSON says, on_text(line) each line of plain output, on_damaged(line) what
    came of a record that was cut off. KeyboardInterrupt passes through; either way the program is stopped and the board
    is left at a prompt. After a reset or a pulled cable the port is looked for, patience_s long, and the program started
    again, at most FRUITLESS_RESTARTS times without a record. Raises BoardError if the program raises, BoardGone when
    patience ends.
    """
    streamed = Streamed()
    stop = stop or (lambda: False)
    fruitless = 0
    while True:
        records_before = streamed.records
        try:
            conn.start(program)
            ended = _read_on(conn, streamed, on_record, {Text: on_text, Damaged: on_damaged}, stop)
        except (BoardGone, BoardSilent):
            ended = False
        except BaseException:
            _interrupt(conn)
            raise
        if ended:
            _interrupt(conn)
            return streamed
        if not _reopen(conn, stop, patience_s) or stop():
            return streamed
        streamed.restarts += 1
        fruitless = fruitless + 1 if streamed.records == records_before else 0
        if fruitless > FRUITLESS_RESTARTS:
            raise BoardGone(f"{conn.port}: the board restarts again and again before it sends a record; mend the program")


def _read_on(conn, streamed, on_record, handlers, stop):
    """Reads the running program's output. True: it ended, or stop() said so. False: the board restarted."""
    reader = RecordReader()

    def hand_on(items):
        for item in items:
            if isinstance(item, Record):
                streamed.records += 1
                on_record(item.value)
            else:
                streamed.damaged += isinstance(item, Damaged)
                if handlers[type(item)]:
                    handlers[type(item)](item.line)
            if stop():
                return

    tail = b""
    try:
        while not stop():
            data = conn.read(timeout_s=LOOK_S)
            if data is None:
                hand_on(reader.flush())
                return True
            seen = tail + data
            restarted = _RESTARTED.search(seen)
            if restarted:
                hand_on(reader.feed(data[: max(0, restarted.start() - len(tail))]))
                # What is left of text is the beginning of the banner.
                hand_on(item for item in reader.flush() if isinstance(item, Damaged))
                return False
            tail = seen[-_LONGEST_BANNER_BYTES:]
            hand_on(reader.feed(data))
    except LinnetError:
        hand_on(reader.flush())
        raise
    return True


def _interrupt(conn):
    with contextlib.suppress(LinnetError):
        conn.interrupt()


def _reopen(conn, stop, patience_s):
    """Waits for the port to be back and at its raw REPL. False if stop() is true first."""
    end_s = time.monotonic() + patience_s
    conn.abandon()
    while True:
        try:
            conn.open()
            return True
        except LinnetError:
            if stop():
                return False
            if time.monotonic() > end_s:
                raise BoardGone(f"{conn.port}: the board did not come back in {patience_s:g} s; check its cable") from None
            time.sleep(LOOK_S)
