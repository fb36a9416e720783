"""How fast files reach a board: `linnet` against `mpremote fs cp`, the same file, the same emulated board, in turn.

    python tests/perf/bench_deploy.py [BOARD] [--size-bytes N] [--repeats N]

The file is Gaussian int8, as trained weights are (sigma 25). Prints the median of the repeats, and the ratio of speeds.
Wire bytes and round trips of mpremote are not counted: it offers no counter.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from linnet.emulate import Emulator
from linnet.transport import Connection
from linnet.upload import put

SIGMA = 25


def weights(size_bytes, seed):
    """size_bytes of int8, Gaussian, clipped."""
    gauss = random.Random(seed).gauss
    return bytes(max(-128, min(127, round(gauss(0, SIGMA)))) & 255 for _ in range(size_bytes))


def by_linnet(port, data, path):
    """(seconds of the upload with its checks, on an open connection, Summary)"""
    with Connection(port) as connection:
        start_s = time.monotonic()
        summary = put(connection, data, path)
        return time.monotonic() - start_s, summary


def by_mpremote(port, file, path):
    """Seconds of the command, less those of mpremote starting, connecting and ending."""
    start_s = time.monotonic()
    mpremote(port, "fs", "cp", "--force", str(file), f":{path}")
    end_s = time.monotonic()
    mpremote(port, "exec", "")
    return end_s - start_s - (time.monotonic() - end_s)


def mpremote(port, *arguments):
    command = [sys.executable, "-m", "mpremote", "connect", port, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def right(port, data, path):
    """Whether the board has exactly data at path."""
    with Connection(port) as connection:
        return put(connection, data, path).skipped == [path]


@click.command()
@click.argument("board", default="qemu-m4f")
@click.option("--size-bytes", default=51200, show_default=True)
@click.option("--repeats", default=3, show_default=True)
def main(board, size_bytes, repeats):
    """compare upload speeds on an emulated board"""
    times = {"linnet": [], "mpremote fs cp": []}
    with tempfile.TemporaryDirectory() as folder, Emulator(board, state_dir=folder) as emulator:
        with Connection(emulator.port, timeout_s=30):
            pass  # it has booted
        for i in range(repeats):
            data = weights(size_bytes, seed=i)
            file = Path(folder) / "data.bin"
            file.write_bytes(data)
            elapsed_s, summary = by_linnet(emulator.port, data, "/linnet.bin")
            times["linnet"].append(elapsed_s)
            times["mpremote fs cp"].append(by_mpremote(emulator.port, file, "/mpremote.bin"))
            assert right(emulator.port, data, "/linnet.bin") and right(emulator.port, data, "/mpremote.bin")
    medians_s = {name: statistics.median(values) for name, values in times.items()}
    table = Table(title=f"{size_bytes} bytes of Gaussian int8 to {board}, median of {repeats}", title_justify="left")
    for name in "", "s", "from - to", "bytes/s", "wire B/B", "round trips":
        table.add_column(name, justify="right" if name else "left")
    for name, elapsed_s in medians_s.items():
        counted = [f"{summary.wire_bytes / size_bytes:.3f}", str(summary.round_trips)] if name == "linnet" else ["", ""]
        spread = f"{min(times[name]):.2f} - {max(times[name]):.2f}"
        table.add_row(name, f"{elapsed_s:.2f}", spread, f"{size_bytes / elapsed_s:.0f}", *counted)
    console = Console()
    console.print(table)
    console.print(f"linnet is {medians_s['mpremote fs cp'] / medians_s['linnet']:.1f} times as fast")


if __name__ == "__main__":
    main()
