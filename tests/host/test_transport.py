"""The connection to a raw REPL: results, exceptions, programs that talk, and each way it can fail, in a sentence."""

import os
import threading

import pytest
from fake_board import FakeBoard

from linnet.errors import LinnetError
from linnet.transport import BoardError, BoardGone, BoardSilent, Connection, list_ports


@pytest.fixture
def board(tmp_path):
    with FakeBoard(tmp_path / "flash") as board:
        yield board


@pytest.fixture
def conn(board):
    with Connection(board.port, timeout_s=5) as conn:
        yield conn


def sentence(error):
    """The message, which must be one line without a full stop that ends it and another beginning."""
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text
    return text


def test_exec_returns_output(conn):
    assert conn.exec("print('hi')\nprint(1 + 1)") == b"hi\r\n2\r\n"


def test_globals_last_until_soft_reset(conn):
    conn.exec("x = 5")
    assert conn.eval("x") == 5
    conn.soft_reset()
    with pytest.raises(BoardError, match="NameError"):
        conn.eval("x")


def test_code_of_many_windows(conn):
    assert conn.exec("#" * 5000 + "\nprint(len('" + "x" * 700 + "'))") == b"700\r\n"


@pytest.mark.parametrize("value", [1, -2.5, "é\n", b"\x00\xff", [1, {"a": (None, True)}], None])
def test_eval_gives_literals(conn, value):
    assert conn.eval(repr(value)) == value


def test_eval_of_no_literal(conn):
    with pytest.raises(LinnetError) as error:
        conn.eval("object()")
    assert "not a literal" in sentence(error)


def test_board_error_keeps_the_traceback(conn):
    with pytest.raises(BoardError) as error:
        conn.exec("print('before')\n1/0")
    assert sentence(error).startswith("ZeroDivisionError")
    assert error.value.traceback.startswith("Traceback")
    assert conn.eval("1") == 1


def test_syntax_error(conn):
    with pytest.raises(BoardError, match="SyntaxError"):
        conn.exec("def f(:\n")
    assert conn.eval("1") == 1


def test_on_data_gets_output_as_it_comes(conn):
    parts = []
    assert conn.exec("for i in range(3): print(i)", on_data=parts.append) == b""
    assert b"".join(parts) == b"0\r\n1\r\n2\r\n"


ECHO = """
import sys
while True:
    line = sys.stdin.readline()
    if line == "end\\n":
        break
    print("got", line.strip())
"""


def test_started_program_owns_stdin_and_stdout(conn):
    conn.start(ECHO)
    conn.write(b"a\nb\n")
    assert [conn.read_line(5), conn.read_line(5)] == [b"got a", b"got b"]
    assert conn.read(timeout_s=0.05) == b""
    with pytest.raises(LinnetError, match="running already"):
        conn.start("1")
    conn.write(b"c\nend\n")
    assert conn.read(3, timeout_s=5) == b"got"
    assert conn.finish() == b" c\r\n"
    assert conn.read() is None and not conn.running


def test_interrupt_leaves_the_prompt(conn):
    conn.start(ECHO)
    conn.interrupt()
    assert conn.eval("1") == 1


def test_interrupt_of_a_board_that_is_deaf_while_a_program_runs(tmp_path):
    with FakeBoard(tmp_path / "flash", deaf=1) as board, Connection(board.port, timeout_s=5) as conn:
        conn.start("import sys\nwhile '\\3' not in sys.stdin.readline(): pass")
        conn.interrupt()
        assert conn.eval("1") == 1


def test_close_leaves_the_friendly_prompt(board):
    conn = Connection(board.port, timeout_s=5).open()
    conn.start(ECHO)
    conn.close()
    again = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    os.write(again, b"\r")
    answer = b""
    while not answer.endswith(b">>> "):
        answer += os.read(again, 100)
    os.close(again)


def test_open_interrupts_what_runs(board):
    first = Connection(board.port, timeout_s=5).open()
    first.start(ECHO)
    first.abandon()
    with Connection(board.port, timeout_s=5) as conn:
        assert conn.eval("1") == 1


def test_counts_what_passes(conn):
    before = conn.bytes_written, conn.bytes_read, conn.round_trips
    conn.exec("print('x')")
    written, read = conn.bytes_written - before[0], conn.bytes_read - before[1]
    assert written == len(b"\x05A\x01" + b"print('x')" + b"\x04")
    assert read == len(b"R\x01\x80\x00\x01" + b"\x04" + b"x\r\n" + b"\x04\x04>")
    assert 1 <= conn.round_trips - before[2] <= 2


def test_no_such_port():
    with pytest.raises(LinnetError) as error:
        Connection("/dev/ttyNOPE0").open()
    assert "/dev/ttyNOPE0: no such serial port" in sentence(error)


def test_not_a_port(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(LinnetError) as error:
        Connection(file).open()
    assert "not a serial port" in sentence(error)


def test_port_in_use(board, conn):
    with pytest.raises(LinnetError) as error:
        Connection(board.port).open()
    assert "in use by another program" in sentence(error)


def test_no_address():
    with pytest.raises(LinnetError) as error:
        Connection("socket://127.0.0.1:1").open()
    assert "cannot connect" in sentence(error)


def test_nobody_answers():
    master, slave = os.openpty()
    with pytest.raises(BoardSilent) as error:
        Connection(os.ttyname(slave), timeout_s=0.2).open()
    assert "could not enter the raw REPL" in sentence(error) and "try again" in sentence(error)
    os.close(master), os.close(slave)


def test_silent_program(conn):
    conn.start(ECHO)
    with pytest.raises(BoardSilent) as error:
        conn.finish(timeout_s=0.1)
    assert "no answer from the board" in sentence(error)


def test_board_vanishes(board, conn):
    conn.start(ECHO)
    threading.Timer(0.2, board._process.kill).start()
    with pytest.raises(BoardGone) as error:
        conn.finish(timeout_s=30)
    assert "went away" in sentence(error)


def test_closed_connection():
    with pytest.raises(LinnetError, match="closed"):
        Connection("/dev/null").exec("1")


def test_list_ports_gives_usb_ids():
    for device, vid, pid, description in list_ports():
        assert device and isinstance(description, str)
        assert vid is None or (isinstance(vid, int) and isinstance(pid, int))
