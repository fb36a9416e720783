"""The live table of streamed records: the last of them, their count and their rate."""

import json
import time
from collections import deque

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .stream_files import as_fields

ROWS = 12
BAR_CELLS = 20
RATE_WINDOW_S = 5.0


class StreamView:
    """`with StreamView(console) as view:` then view.record(value), view.text(line) as they come.

    A record that has a label and a score (0 to 1), as classifiers send, gets a bar.
    """

    def __init__(self, console=None, rows=ROWS):
        self._records = deque(maxlen=rows)
        self._arrivals_s = deque()
        self._columns = []
        self.count = 0
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self.renderable)

    def __enter__(self):
        self._live.__enter__()
        return self

    def __exit__(self, *error):
        self._live.__exit__(*error)

    def record(self, value):
        """Adds one record (any JSON value)."""
        fields = as_fields(value)
        self.count += 1
        self._arrivals_s.append(time.monotonic())
        self._columns += [name for name in fields if name not in self._columns]
        self._records.append((self.count, fields))

    def text(self, line):
        """Prints a line of the program's plain output above the table."""
        self._live.console.print(Text(line))

    def damaged(self, line):
        """Shows what came of a record that was cut off."""
        self._live.console.print(Text(f"damaged record: {line}", style="yellow"))

    def rate_hz(self):
        """Records per second over the last RATE_WINDOW_S."""
        now_s = time.monotonic()
        while self._arrivals_s and now_s - self._arrivals_s[0] > RATE_WINDOW_S:
            self._arrivals_s.popleft()
        if len(self._arrivals_s) < 2:
            return 0.0
        return (len(self._arrivals_s) - 1) / max(1e-3, now_s - self._arrivals_s[0])

    def renderable(self):
        """What is on the screen now."""
        status = Text(f"{self.count} records, {self.rate_hz():.1f} per second; Ctrl-C ends", style="dim")
        if not self._records:
            return status
        table = Table(box=None, pad_edge=False)
        table.add_column("#", justify="right", style="dim")
        numeric = {n for n in self._columns if all(_is_number(f.get(n, 0)) for _, f in self._records)}
        for name in self._columns:
            table.add_column(name, justify="right" if name in numeric else "left")
        bars = any(_has_bar(fields) for _, fields in self._records)
        if bars:
            table.add_column("", min_width=BAR_CELLS)
        for number, fields in self._records:
            cells = [_shown(fields[name]) if name in fields else "" for name in self._columns]
            table.add_row(str(number), *map(Text, cells), *([_bar(fields)] if bars else []))
        return Group(table, status)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value):
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _has_bar(fields):
    return "label" in fields and _is_number(fields.get("score")) and 0 <= fields["score"] <= 1


def _bar(fields):
    if not _has_bar(fields):
        return ""
    cells = round(fields["score"] * BAR_CELLS)
    return Text("━" * cells, style="green") + Text("━" * (BAR_CELLS - cells), style="bright_black")
