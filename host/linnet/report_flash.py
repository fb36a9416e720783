"""What `linnet flash` shows: a bar while it writes, then what was done or is to do."""

import sys
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from linnet.report import console, n_bytes


@contextmanager
def flash_progress():
    """Yields the callback (done_bytes, size_bytes) that draws a bar; nothing where no one looks."""
    terminal = Console(file=sys.stderr)  # as it is now: esptool's output is caught meanwhile
    if not terminal.is_terminal:
        yield None
        return
    columns = TextColumn("flashing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("flashing", total=None)
        yield lambda done_bytes, size_bytes: bar.update(task, completed=done_bytes, total=size_bytes)


def print_flashed(flashed, firmware):
    """The outcome of a flash.Flashed."""
    out = console()
    if flashed.instructions:
        out.print(flashed.instructions, soft_wrap=True)
        return
    out.print(f"{firmware.name}: {n_bytes(flashed.n_bytes)} bytes on {flashed.board.name} ({flashed.what}) at {flashed.where}")
    out.print(f"then: linnet deploy MODEL --board {flashed.board.name}")
