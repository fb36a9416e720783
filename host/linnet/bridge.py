"""The serial port of an emulated QEMU board: a pty for the user, joined to the board by a thread.

What the user writes goes into a second pty, which the firmware reads as a file, thousands of bytes at a time; a byte
at the board's UART tells it to look. What the board prints comes from its UART.
"""

import os
import select
import socket
import termios
import threading
import tty

CHUNK_BYTES = 4096
LOOK_UP_S = 0.2  # how long close() may have to wait when the user reads nothing


class Bridge:
    """The two ptys and the UART. `port` is the user's side, `console` the path for the board, `uart` a descriptor that
    QEMU takes as standard input and output, and that the caller closes once QEMU has it."""

    def __init__(self):
        self._port, self._port_held = raw_pty()
        self._console, self._console_held = raw_pty(returns_at_once=True)
        self.port = os.ttyname(self._port_held)
        self.console = os.ttyname(self._console_held)
        ours, theirs = socket.socketpair()
        self._uart, self.uart = ours.detach(), theirs.detach()
        for descriptor in (self._port, self._console, self._uart):
            os.set_blocking(descriptor, False)
        self.decided = threading.Event()  # the board has said something, `alive`, or it is gone
        self.alive = False
        self._closing = False
        self._thread = threading.Thread(target=self._copy, name=f"bridge {self.port}", daemon=True)

    def start(self):
        """Begin to copy. It ends with QEMU, whose end of the UART then closes."""
        self._thread.start()

    def close(self):
        """End the thread, which ends with QEMU anyhow, and give the ptys back."""
        self._closing = True
        if self._thread.ident:
            self._thread.join()
        for descriptor in (self._port, self._port_held, self._console, self._console_held, self._uart):
            os.close(descriptor)

    def _copy(self):
        to_board = to_user = b""
        while not self._closing:
            # Nothing is read that could not be passed on: who writes too fast has to wait.
            readers = [descriptor for descriptor, full in ((self._port, to_board), (self._uart, to_user)) if not full]
            writers = [descriptor for descriptor, full in ((self._console, to_board), (self._port, to_user)) if full]
            readable, writable, _ = select.select(readers, writers, [], LOOK_UP_S)
            try:
                if self._port in readable:
                    to_board = os.read(self._port, CHUNK_BYTES)
                if self._uart in readable:
                    to_user = os.read(self._uart, CHUNK_BYTES)
                    self.alive = self.alive or bool(to_user)
                    self.decided.set()
                    if not to_user:
                        return
                if self._port in writable:
                    to_user = to_user[os.write(self._port, to_user) :]
                if self._console in writable or self._port in readable:
                    to_board = to_board[os.write(self._console, to_board) :]
                    os.write(self._uart, b"\0")
            except BlockingIOError:
                continue  # a pty with no room for now, or a UART that has still to tell of earlier bytes
            except OSError:
                self.decided.set()
                return


def raw_pty(returns_at_once=False):
    """A new pty: (our side, the other side), 8 bits clean, no echo. Reads of the other side that return at once give
    nothing where they would wait."""
    ours, other = os.openpty()
    tty.setraw(other)
    if returns_at_once:
        settings = termios.tcgetattr(other)
        settings[6][termios.VMIN] = settings[6][termios.VTIME] = 0
        termios.tcsetattr(other, termios.TCSANOW, settings)
    return ours, other
