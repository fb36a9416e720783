"""linnet stream: run a program on a board and see its records come in."""

import json
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import rich_click as click


@click.command(
    epilog="example: linnet stream classify.py --board qemu-m4f --csv scores.csv --count 100",
    short_help="run a program on a board, show its records",
)
@click.argument("script", type=click.Path(path_type=Path), metavar="SCRIPT.py")
@click.option("--board", metavar="NAME", help="the board: linnet boards [default: the one plugged in, else an emulated one]")
@click.option("--port", metavar="PORT", help="the serial port it is at")
@click.option("--jsonl", type=click.Path(path_type=Path), metavar="FILE", help="write each record to this file as a line of JSON")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="write each record to this file as a row")
@click.option("--frames", type=click.Path(path_type=Path), metavar="DIR", help="write each camera frame there as a PNG file")
@click.option("--openmv", is_flag=True, help="speak OpenMV IDE's protocol: all that the camera sees comes [pip install openmv]")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="end after so many records")
@click.option("--duration-s", type=click.FloatRange(min=0, min_open=True), metavar="S", help="end after so many seconds")
def command(script, board, port, jsonl, csv, frames, openmv, count, duration_s):
    """run a program on a board, show its records

    SCRIPT.py stays on this machine; it sends a record with linnet.stream.emit(label="yes", score=0.93), a record with a
    camera's frame with linnet.stream.emit_frame(img, label="yes"). Its other
    output is shown as it comes. In a terminal the records make a live table, in a pipe lines of JSON. If the board is
    reset or unplugged the program is started again when it is back. Ctrl-C ends the program and leaves the board at its
    prompt.
    """
    from ..errors import LinnetError
    from ..frames import FrameFiles
    from ..openmv_camera import find, stream_camera
    from ..stream import stream
    from ..stream_files import CsvFile, JsonlFile
    from ..target import connect
    from ..transport import BoardError

    try:
        program = script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinnetError(f"{script}: cannot be read as a program: {getattr(error, 'strerror', None) or error}") from None
    received = 0

    with ExitStack() as stack:
        if openmv:
            run = partial(stream_camera, find(port))
        else:
            run = partial(stream, stack.enter_context(connect(board, port)))
        files = [kind(path) for kind, path in ((JsonlFile, jsonl), (CsvFile, csv)) if path]
        for file in files:
            stack.callback(file.close)
        frames = FrameFiles(frames)
        view = stack.enter_context(_View() if sys.stdout.isatty() else _Lines())
        end_s = time.monotonic() + duration_s if duration_s else None

        def on_record(record):
            nonlocal received
            received += 1
            record = frames.take(record)
            for file in files:
                file.write(record)
            view.record(record)

        def stop():
            return received == count or bool(end_s and time.monotonic() >= end_s)

        streamed = None
        try:
            streamed = run(program, on_record, view.text, view.damaged, stop)
        except KeyboardInterrupt:
            pass
        except BoardError as error:
            if "no module named 'linnet" in str(error):
                raise LinnetError(f"{error}: put Linnet on the board first, with linnet deploy") from None
            raise
    parts = [f"{received} records"]
    if streamed and streamed.damaged:
        parts.append(f"{streamed.damaged} damaged")
    if streamed and streamed.restarts:
        parts.append(f"{streamed.restarts} restarts of the board")
    print(", ".join(parts), file=sys.stderr)


class _Lines:
    """For a pipe: records on stdout, the program's other output on stderr."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def record(self, record):
        print(json.dumps(record), flush=True)

    def text(self, line):
        print(line, file=sys.stderr)

    def damaged(self, line):
        print(f"damaged record: {line}", file=sys.stderr)


def _View():
    from ..stream_view import StreamView

    return StreamView()
