"""Streams: the board's framing against the host's, resets, Ctrl-C, files, the live table and the command."""

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fake_board import FakeBoard
from rich.console import Console

from linnet.emulate import Emulator
from linnet.errors import LinnetError
from linnet.records import Record, RecordReader
from linnet.stream import FRUITLESS_RESTARTS, stream
from linnet.stream_files import CsvFile, JsonlFile
from linnet.stream_view import StreamView
from linnet.transport import BoardError, BoardGone, Connection
from linnet.upload import install

ROOT = Path(__file__).resolve().parents[2]
DEVICE = ROOT / "device/linnet/stream.py"
EMIT = "import json, sys\ndef emit(**fields): sys.stdout.write('\\x1e' + json.dumps(fields) + '\\n')\n"


@pytest.fixture
def board(tmp_path):
    with FakeBoard(tmp_path / "flash") as board:
        yield board


@pytest.fixture
def conn(board):
    with Connection(board.port, timeout_s=5) as conn:
        yield conn


class Heard:
    """What a stream's handlers got, and when to stop: after count records."""

    def __init__(self, count=None):
        self.records, self.lines, self.damaged, self.count = [], [], [], count
        self.end_s = time.monotonic() + 60

    def handlers(self):
        return self.records.append, self.lines.append, self.damaged.append, self.enough

    def enough(self):
        assert time.monotonic() < self.end_s, f"{len(self.records)} records in 60 s"
        return len(self.records) == self.count


# The device's side


def device_output(code, capsys):
    spec = importlib.util.spec_from_file_location("device_stream", DEVICE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exec(code, vars(module))
    return RecordReader().feed(capsys.readouterr().out.encode())


def test_emit(capsys):
    items = device_output('emit(label="a\\n\\u00e9", score=0.5, us=7)\nemit()', capsys)
    assert items == [Record({"label": "a\n\u00e9", "score": 0.5, "us": 7}), Record({})]


def test_send_takes_json_that_is_written_already(capsys):
    assert device_output("send('[1, 2]')", capsys) == [Record([1, 2])]


def test_stream_of_one_shape(capsys):
    code = 'out = Stream("label", "score", "ok")\nout.emit("a\\"b", 0.25, True)\nout.emit(None, [1], 2)'
    assert device_output(code, capsys) == [
        Record({"label": 'a"b', "score": 0.25, "ok": True}),
        Record({"label": None, "score": [1], "ok": 2}),
    ]


# Running


def test_until_the_program_ends(conn):
    heard = Heard()
    program = EMIT + "print('start')\nfor i in range(3): emit(i=i)\nprint('no end of line', end='')"
    streamed = stream(conn, program, *heard.handlers())
    assert heard.records == [{"i": 0}, {"i": 1}, {"i": 2}] and heard.lines == ["start", "no end of line"]
    assert (streamed.records, streamed.damaged, streamed.restarts) == (3, 0, 0)
    assert conn.eval("1") == 1


def test_stop_gives_no_record_too_many(conn):
    heard = Heard(count=7)
    assert stream(conn, EMIT + "i = 0\nwhile True:\n emit(i=i)\n i += 1", *heard.handlers()).records == 7
    assert heard.records == [{"i": i} for i in range(7)]
    assert conn.eval("1") == 1


def test_damaged_records_are_counted(conn):
    heard = Heard()
    streamed = stream(conn, EMIT + "emit(i=1)\nprint('\\x1e{half')\nemit(i=2)", *heard.handlers())
    assert (streamed.records, streamed.damaged) == (2, 1) and heard.damaged == ["{half"]


def test_program_that_raises(conn):
    heard = Heard()
    with pytest.raises(BoardError, match="ZeroDivisionError"):
        stream(conn, EMIT + "emit(i=1)\n1/0", *heard.handlers())
    assert heard.records == [{"i": 1}] and conn.eval("1") == 1


def test_reset_starts_the_program_again(conn):
    heard = Heard(count=8)
    program = EMIT + "import machine\nfor i in range(3): emit(i=i)\nprint('\\x1e{\"cut', end='')\nmachine.reset()"
    streamed = stream(conn, program, *heard.handlers())
    assert [r["i"] for r in heard.records] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert streamed.restarts == 2 and streamed.damaged in (2, 3)  # the third reset may come with the last record
    assert conn.eval("1") == 1


def test_board_that_only_restarts(conn):
    with pytest.raises(BoardGone, match="restarts again and again"):
        stream(conn, "import machine\nmachine.reset()", print, patience_s=5)
    assert FRUITLESS_RESTARTS < 10


def test_port_that_comes_back(tmp_path):
    link = tmp_path / "port"
    heard = Heard(count=20)
    program = EMIT + "import time\nwhile True:\n emit(i=1)\n time.sleep(0.01)"
    with FakeBoard(tmp_path / "flash") as first:
        os.symlink(first.port, link)
        with Connection(link, timeout_s=2) as conn:
            second = FakeBoard(tmp_path / "flash")

            def swap():
                first._process.kill()
                link.unlink()
                time.sleep(0.3)
                second.__enter__()
                os.symlink(second.port, link)

            timer = threading.Timer(0.1, swap)
            timer.start()
            try:
                heard.count = 60
                assert stream(conn, program, *heard.handlers()).restarts == 1
                assert conn.eval("1") == 1
            finally:
                timer.join()
                conn.close()
                second.__exit__()
    assert len(heard.records) == 60


def test_patience_ends(tmp_path):
    with FakeBoard(tmp_path / "flash") as board, Connection(board.port, timeout_s=0.3) as conn:
        threading.Timer(0.3, board._process.kill).start()
        with pytest.raises(BoardGone, match="did not come back") as error:
            stream(conn, "import sys\nsys.stdin.read(1)", print, patience_s=0.3)
        assert "\n" not in str(error.value)


# Files


def test_jsonl(tmp_path):
    file = JsonlFile(tmp_path / "r.jsonl")
    for record in {"a": 1}, [1], {"b": "\u00e9\n"}:
        file.write(record)
    file.close()
    assert [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()] == [{"a": 1}, [1], {"b": "\u00e9\n"}]


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.reader(f))


def test_csv_columns_of_the_first_record(tmp_path):
    file = CsvFile(tmp_path / "r.csv")
    file.write({"label": "yes, no", "score": 0.5})
    file.write({"score": 1, "label": 'a"\n'})
    file.write({"score": None})
    file.close()
    assert read_csv(tmp_path / "r.csv") == [["label", "score"], ["yes, no", "0.5"], ['a"\n', "1"], ["", ""]]


def test_csv_new_columns_come_last(tmp_path):
    file = CsvFile(tmp_path / "r.csv")
    file.write({"a": 1})
    file.write({"b": [1, 2], "a": 2})
    file.write(7)
    file.write({"a": True})
    file.close()
    assert read_csv(tmp_path / "r.csv") == [
        ["a", "b", "value"],
        ["1", "", ""],
        ["2", "[1, 2]", ""],
        ["", "", "7"],
        ["true", "", ""],
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]


@pytest.mark.parametrize("kind", [CsvFile, JsonlFile])
def test_file_that_cannot_be_written(tmp_path, kind):
    with pytest.raises(LinnetError, match="cannot be written"):
        kind(tmp_path / "no" / "folder")


# The table


def shown(view):
    console = Console(width=100, force_terminal=False, record=True, file=open(os.devnull, "w"))
    console.print(view.renderable())
    return console.export_text()


def test_view_shows_the_last_records():
    view = StreamView(rows=3)
    assert "0 records" in shown(view)
    for i in range(10):
        view.record({"i": i, "text": "[red]x"})
    text = shown(view)
    assert "10 records" in text and "[red]x" in text
    assert [line.split()[:2] for line in text.splitlines()[1:4]] == [["8", "7"], ["9", "8"], ["10", "9"]]


def test_view_of_a_classification_has_a_bar():
    view = StreamView()
    view.record({"label": "yes", "score": 0.75, "us": 1200})
    view.record({"label": "no"})
    assert "━" * 20 in shown(view) and "0.75" in shown(view)
    view.record({"odd": None, "score": "x", "label": 1})
    view.record([1, 2])
    assert "null" in shown(view) and "[1, 2]" in shown(view)


def test_rate():
    view = StreamView()
    for _ in range(50):
        view.record({})
    assert view.rate_hz() > 0


# The command, and a real MicroPython


STARTED = []


def linnet(*arguments, **options):
    command = [sys.executable, "-m", "linnet", "stream", *map(str, arguments)]

    def heed_ctrl_c():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs, tests among them, ignore it

    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c, **options
    )
    STARTED.append(process)
    return process


@pytest.fixture(autouse=True)
def no_process_outlives_its_test():
    """One that did would keep its port, and the next board gets the same one."""
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.wait()


def test_command_writes_files(board, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(EMIT + "print('hello')\nfor i in range(9): emit(i=i)\n")
    jsonl, table = tmp_path / "r.jsonl", tmp_path / "r.csv"
    process = linnet(script, "--port", board.port, "--jsonl", jsonl, "--csv", table, "--count", 5)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and [json.loads(line) for line in out.splitlines()] == [{"i": i} for i in range(5)]
    assert err.splitlines() == ["hello", "5 records"]
    assert jsonl.read_text() == out and read_csv(table)[1:] == [[str(i)] for i in range(5)]


def test_command_ends_after_a_time(board, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(EMIT + "import time\nwhile True:\n emit(i=1)\n time.sleep(0.01)\n")
    process = linnet(script, "--port", board.port, "--duration-s", 0.5)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and out and "Traceback" not in err


@pytest.mark.parametrize(
    "script, says",
    [(None, "cannot be read as a program"), ("1/0\n", "ZeroDivisionError"), ("import linnet\n", "linnet deploy")],
)
def test_command_errors_are_a_sentence(board, tmp_path, script, says):
    file = tmp_path / "script.py"
    if script:
        file.write_text(script)
    process = linnet(file, "--port", board.port)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and says in err and err.startswith("linnet: ") and err.count("\n") == 1


def test_on_micropython(tmp_path):
    files = {"/lib/linnet/__init__.py": b"", "/lib/linnet/stream.py": DEVICE.read_bytes()}
    script = tmp_path / "script.py"
    script.write_text("from linnet.stream import emit\ni = 0\nwhile True:\n    emit(i=i, half=i / 2)\n    i += 1\n")
    with Emulator("qemu-m4f", state_dir=tmp_path / "state") as emulator:
        with Connection(emulator.port, timeout_s=30) as conn:
            install(conn, files)
            heard = Heard(count=12)
            program = "import machine\nfrom linnet.stream import emit\nfor i in range(5): emit(i=i)\nmachine.reset()"
            assert stream(conn, program, *heard.handlers()).restarts == 2
            assert [r["i"] for r in heard.records] == [0, 1, 2, 3, 4] * 2 + [0, 1]
        process = linnet(script, "--port", emulator.port)
        lines = [json.loads(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
        assert lines == [{"i": i, "half": i / 2} for i in range(20)]
        assert process.returncode == 0 and "Traceback" not in err and "records" in err
        with Connection(emulator.port) as conn:
            assert conn.eval("6 * 7") == 42
