"""The way to a board: one connection to a MicroPython REPL over a serial port, USB or a pty.

The only file that imports mpremote. Its SerialTransport opens and closes the port (and knows the drivers' quirks);
talking to the raw REPL is done here, because mpremote reads a byte at a time and sleeps 10 ms between looks.
"""

import ast
import contextlib
import os
import time

import serial.tools.list_ports
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from .errors import LinnetError

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
FIRST_RETRY_S = 0.2  # a board that just booted, or a program that swallows Ctrl-C, needs more than one call;
RETRY_S = 1.0  # the pauses between them double, up to this


class BoardError(LinnetError):
    """The program on the board ended with an exception. The message is the last line of its traceback."""

    def __init__(self, traceback):
        self.traceback = traceback.strip().replace("\r\n", "\n")
        super().__init__(self.traceback.splitlines()[-1] if self.traceback else "the board reported an empty error")


class BoardGone(LinnetError):
    """The port vanished: cable pulled, board reset over USB, emulator ended."""


class BoardSilent(LinnetError):
    """The board is connected but did not answer in time."""


def list_ports():
    """The serial ports of this machine: [(device, usb vid or None, usb pid or None, description)]."""
    return [(p.device, p.vid, p.pid, p.description) for p in sorted(serial.tools.list_ports.comports())]


class Connection:
    """A board's raw REPL. `with Connection(port) as board: board.exec("print(1)")`.

    port is what pyserial opens: /dev/ttyACM0, COM3, /dev/pts/4, socket://host:port.
    timeout_s is the longest silence of the board that is waited for, where no other is given.
    Counts what passes (bytes_written, bytes_read, round_trips: times it waited for an answer).
    All errors are LinnetError: BoardError, BoardGone, BoardSilent, or a port that does not open.
    """

    def __init__(self, port, baudrate=115200, timeout_s=10.0):
        self.port = str(port)
        self.baudrate = baudrate
        self.timeout_s = timeout_s
        self.bytes_written = self.bytes_read = self.round_trips = 0
        self.running = False  # a program was started and its end not yet read
        self._transport = None
        self._pending = bytearray()  # read from the port, not yet asked for
        self._wrote = False

    # Opening and closing

    def open(self):
        """Opens the port, interrupts what runs there, enters the raw REPL. Returns self."""
        if self._transport:
            return self
        try:
            self._transport = SerialTransport(self.port, self.baudrate, timeout=0)
        except (TransportError, OSError, ValueError) as error:
            raise LinnetError(_why_not_open(self.port, error)) from None
        self._transport.serial.write_timeout = self.timeout_s
        try:
            self._enter_raw_repl()
        except BaseException:
            self.abandon()
            raise
        return self

    def close(self):
        """Ends what runs on the board, leaves it at the friendly REPL, closes the port. Never raises LinnetError."""
        if not self._transport:
            return
        with contextlib.suppress(LinnetError):
            if self.running:
                self.interrupt()
            self._write(b"\r\x03\x02")
            self._read_until(b">>> ", timeout_s=1)
        self.abandon()

    def abandon(self):
        """Closes the port without a word to the board, which may be gone."""
        if self._transport:
            with contextlib.suppress(OSError):
                self._transport.close()
        self._transport = None
        self.running = False
        self._pending.clear()

    def __enter__(self):
        return self.open()

    def __exit__(self, *_):
        self.close()

    def _enter_raw_repl(self):
        end_s = time.monotonic() + self.timeout_s
        late_s, retry_s = 0, FIRST_RETRY_S
        while True:
            # \r ends a line that an upload may have left half read; Ctrl-C stops a program; Ctrl-A asks for raw.
            self._write(b"\r\x03")
            while self._fill(0):
                pass
            self._pending.clear()
            self._write(b"\r\x01")
            try:
                self._read_until(RAW_PROMPT, timeout_s=retry_s, overall_s=retry_s)
                break
            except BoardSilent:
                late_s, retry_s = 0.3, min(2 * retry_s, RETRY_S)
                if time.monotonic() > end_s:
                    raise BoardSilent(
                        f"{self.port}: could not enter the raw REPL within {self.timeout_s:g} s; is MicroPython "
                        f"on this board, and no other program using the port? Reset the board and try again"
                    ) from None
        # A slow board may answer an earlier call late: take what still comes, so that it is not read as output.
        while self._fill(late_s):
            pass
        self._pending.clear()
        self.running = False

    # Running code

    def exec(self, code, timeout_s=None, on_data=None):
        """Runs code (source text) to its end; returns the bytes it printed, or hands them to on_data as they come.

        timeout_s: longest silence. Raises BoardError if the code raises.
        """
        self.start(code)
        return self.finish(timeout_s, on_data)

    def eval(self, expression, timeout_s=None):
        """The value of a Python expression on the board; anything whose repr is a literal."""
        text = self.exec(f"print(repr({expression}))", timeout_s).decode("utf-8", "replace").strip()
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            raise LinnetError(f"{self.port}: {expression} gives {text[:80]}, which is not a literal") from None

    def start(self, code):
        """Starts code (source text) and returns once the board has it all; read(), write() and finish() follow."""
        if self.running:
            raise LinnetError(f"{self.port}: a program is running already; interrupt it first")
        data = code.encode() if isinstance(code, str) else bytes(code)
        self._write(b"\x05A\x01")
        if self._take(2) != b"R\x01":
            raise LinnetError(
                f"{self.port}: the board does not take code in raw-paste mode; it needs MicroPython 1.23 or later"
            )
        # The board grants a window of so many bytes at a time (docs: reference/repl.html, raw-paste mode).
        window = remaining = int.from_bytes(self._take(2), "little")
        position = 0
        while position < len(data):
            while remaining == 0 or self._pending or self._fill(0):
                flow = self._take(1)
                if flow == b"\x01":
                    remaining += window
                elif flow == b"\x04":
                    self._write(b"\x04")  # the board gave up on the code; the reason follows as its error
                    self.running = True
                    return
                else:
                    raise LinnetError(f"{self.port}: unexpected {flow!r} while sending code; reset the board")
            part = data[position : position + remaining]
            self._write(part)
            position += len(part)
            remaining -= len(part)
        self._write(b"\x04")
        self._read_until(b"\x04")
        self.running = True

    def finish(self, timeout_s=None, on_data=None):
        """Waits for the started program's end; returns its remaining output, or hands it to on_data."""
        output = bytearray()
        while (data := self.read(timeout_s=timeout_s)) is not None:
            if not data:
                raise self._silent(timeout_s)
            on_data(data) if on_data else output.extend(data)
        return bytes(output)

    def read(self, count=None, timeout_s=None):
        """Output of the started program: what has arrived, at most count bytes, waiting timeout_s for the first.

        b"" when the time is up; None when the program has ended. Raises BoardError if it ended with an exception.
        """
        if not self.running:
            return None
        if not self._pending:
            self._fill(self.timeout_s if timeout_s is None else timeout_s)
        end = self._pending.find(b"\x04")
        size = len(self._pending) if end < 0 else end
        if size or end < 0:
            return self._shift(size if count is None else min(size, count))
        self._shift(1)
        error = self._read_until(b"\x04")[:-1]
        self._read_until(b">")
        self.running = False
        if error:
            raise BoardError(error.decode("utf-8", "replace"))
        return None

    def read_line(self, timeout_s):
        """One line of the started program's output without its end; b"" for none in time; None at its end.

        What came of an incomplete line stays for the next call.
        """
        end_s = time.monotonic() + timeout_s
        while self.running:
            line_end, program_end = self._pending.find(b"\n"), self._pending.find(b"\x04")
            if line_end >= 0 and not 0 <= program_end < line_end:
                return self._shift(line_end + 1).rstrip(b"\r\n")
            if program_end >= 0:
                return self.read()
            if not self._fill(max(0, end_s - time.monotonic())) and time.monotonic() >= end_s:
                return b""
        return None

    def write(self, data):
        """Bytes to the started program's stdin."""
        self._write(data)

    def interrupt(self, timeout_s=3.0):
        """Ctrl-C: ends the started program and waits for the prompt. Its last output and traceback are dropped."""
        if not self.running:
            return
        end_s = time.monotonic() + timeout_s
        while self.running and time.monotonic() < end_s:
            # \r for a program that waits for the end of a line, and would see Ctrl-C only then.
            self._write(b"\r\x03")
            call_end_s = min(end_s, time.monotonic() + RETRY_S)
            with contextlib.suppress(BoardError, BoardSilent):
                while self.running and time.monotonic() < call_end_s:
                    self.read(timeout_s=max(0, call_end_s - time.monotonic()))
        if self.running:
            self._enter_raw_repl()  # as from the start: the board may have been reset meanwhile
        else:
            self._write(b"\x03")  # the \r may have reached the prompt as the beginning of a line

    def soft_reset(self):
        """Clears the interpreter (not the filesystem); boot.py runs, main.py does not."""
        if self.running:
            self.interrupt()
        self._write(b"\x04")
        self._read_until(b"soft reboot")
        self._read_until(RAW_PROMPT)

    # Bytes

    def _write(self, data):
        try:
            self._serial().write(data)
        except OSError as error:  # SerialException is one
            raise self._gone(error) from None
        self.bytes_written += len(data)
        self._wrote = True

    def _fill(self, timeout_s):
        """Moves what the port has into _pending, waiting at most timeout_s for a first byte; returns how many."""
        port = self._serial()
        if self._wrote and timeout_s:
            self.round_trips += 1
            self._wrote = False
        try:
            data = port.read(port.in_waiting)
            if not data and timeout_s:
                if port.timeout != timeout_s:  # setting it costs system calls
                    port.timeout = timeout_s
                data = port.read(1)
                data += port.read(port.in_waiting)
        except OSError as error:
            raise self._gone(error) from None
        self._pending += data
        self.bytes_read += len(data)
        return len(data)

    def _shift(self, count):
        data = bytes(self._pending[:count])
        del self._pending[:count]
        return data

    def _take(self, count):
        """Exactly count bytes."""
        while len(self._pending) < count:
            if not self._fill(self.timeout_s):
                raise self._silent()
        return self._shift(count)

    def _read_until(self, ending, timeout_s=None, overall_s=None):
        """All up to and with ending. timeout_s: longest silence; overall_s: longest time."""
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        end_s = time.monotonic() + overall_s if overall_s else None
        searched = 0
        while (at := self._pending.find(ending, searched)) < 0:
            searched = max(0, len(self._pending) - len(ending) + 1)
            if not self._fill(timeout_s) or (end_s and time.monotonic() > end_s):
                raise self._silent(timeout_s)
        return self._shift(at + len(ending))

    def _serial(self):
        if not self._transport:
            raise LinnetError(f"{self.port}: the connection is closed")
        return self._transport.serial

    def _gone(self, error):
        if isinstance(error, serial.SerialTimeoutException):
            return BoardSilent(f"{self.port}: the board takes no more bytes; reset it and try again")
        return BoardGone(f"{self.port}: the board went away; check its cable and power, then try again")

    def _silent(self, timeout_s=None):
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        return BoardSilent(f"{self.port}: no answer from the board for {timeout_s:g} s; reset it and try again")


def _why_not_open(port, error):
    """One sentence about a port that does not open. mpremote does not hand the reason on, so look again."""
    if "://" in port:
        return f"{port}: cannot connect; check the address ({error})"
    if os.name == "posix" and not os.path.exists(port):
        there = ", ".join(device for device, *_ in list_ports())
        return f"{port}: no such serial port; " + (f"there are {there}" if there else "is the board plugged in?")
    if os.name == "posix" and not os.access(port, os.R_OK | os.W_OK):
        return f"{port}: no permission to open this port; add yourself to its group (on Debian: dialout)"
    return f"{port}: not a serial port, or in use by another program; close that program and try again"
