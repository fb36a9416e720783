"""What `linnet deploy` shows: bars while it uploads, then what the board said."""

from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from linnet.report import console, n_bytes


@contextmanager
def upload_progress():
    """Yields the callback (path, done_bytes, size_bytes) that draws a bar for each file; nothing where no one looks."""
    bars = Console(stderr=True)
    if not bars.is_terminal:
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=bars, transient=True) as progress:
        tasks = {}

        def show(path, done_bytes, size_bytes):
            if path not in tasks:
                tasks[path] = progress.add_task(path, total=size_bytes)
            progress.update(tasks[path], completed=done_bytes)

        yield show


def print_deployed(deployed):
    """The table of a deploy.Deployed."""
    facts, summary = deployed.facts, deployed.summary
    grid = Table.grid(padding=(0, 2))
    native = "Linnet built in" if facts.built_in else f"native code {facts.native_arch}"
    grid.add_row("board", f"{facts.machine}, MicroPython {facts.version_text}, {native}")
    if deployed.modules:
        grid.add_row("modules", ", ".join(deployed.modules))
    if summary.sent:
        sent = f"{len(summary.sent)} files, {n_bytes(summary.payload_bytes)} bytes in {summary.elapsed_s:.1f} s"
    else:
        sent = "nothing"
    grid.add_row("sent", sent + (f"; {len(summary.skipped)} were there already" if summary.skipped else ""))
    grid.add_row("model", deployed.path)
    if deployed.n_golden is not None:
        proved = f"{deployed.n_golden} golden vectors, every byte equal"
        grid.add_row("self-test", proved if deployed.n_golden else "the blob has no golden vectors")
    grid.add_row("load", f"{deployed.load_us / 1000:,.1f} ms")
    grid.add_row("inference", f"{deployed.inference_us / 1000:,.1f} ms")
    grid.add_row("memory", f"arena {n_bytes(deployed.ram_bytes)} bytes; {n_bytes(deployed.free_heap_bytes)} bytes of heap left")
    console().print(grid)
