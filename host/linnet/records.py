"""Reads RFC 7464 JSON text sequences out of a board's output: 0x1E, a JSON text on one line, LF.

What is not framed so is plain output of the program and passes through as text. A record ends at the first LF, or, cut
off, at the next 0x1E: then it is reported as Damaged, and reading goes on.
"""

import json
from typing import NamedTuple

RS = b"\x1e"
LONGEST_BYTES = 1 << 20  # of an unfinished line; more is noise, not a record


class Record(NamedTuple):
    """One record: what its JSON says, mostly a dict."""

    value: object


class Text(NamedTuple):
    """One line of plain output, without its end."""

    line: str


class Damaged(NamedTuple):
    """A record that was cut off or is no JSON: what arrived of it."""

    line: str


class RecordReader:
    """Takes bytes as they come, in pieces of any size, and gives records and lines as they are complete."""

    def __init__(self):
        self._rest = b""

    def feed(self, data):
        """[Record | Text | Damaged] that data completes, in order."""
        items = []
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            items += self._parts(line, ended=True)
        # A new record may begin before the line that it cuts off has ended.
        head, mark, tail = self._rest.rpartition(RS)
        if mark and head:
            items += self._parts(head, ended=False)
            self._rest = mark + tail
        if len(self._rest) > LONGEST_BYTES:
            items += self.flush()
        return items

    def flush(self):
        """[Text | Damaged] left without an end when the output stops. Reading may begin anew."""
        rest, self._rest = self._rest, b""
        return self._parts(rest, ended=False)

    def _parts(self, line, ended):
        text, *records = line.split(RS)
        items = []
        if text.strip(b"\r") or (ended and not records):
            items.append(Text(_decoded(text)))
        for i, record in enumerate(records):
            # RFC 7464, 2.1: several 0x1E in a row count as one.
            if record.strip():
                items.append(_record(record, complete=ended and i == len(records) - 1))
        return items


def _record(data, complete):
    if complete:
        try:
            return Record(json.loads(data))
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
            pass
    return Damaged(_decoded(data))


def _decoded(data):
    return data.decode("utf-8", "replace").strip("\r")
