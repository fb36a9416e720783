"""A serial line that goes wrong to order, between a host and an emulated board, or ends after so many bytes."""

import os
import random
import select
import threading
import time

from linnet.bridge import raw_pty

LOOK_UP_S = 0.05


class FaultyLine:
    """`port` is the host's end; the other end is the emulated board at `board_port`.

    lose, double, damage: chance, for each byte in either direction. delay: chance, for each piece, that it waits 0.3 s.
    cut_after: when so many bytes have come from the host the line is cut, or on_cut() is called, once.
    """

    def __init__(self, board_port, seed, lose=0.0, double=0.0, damage=0.0, delay=0.0, cut_after=None, on_cut=None):
        self.random = random.Random(seed)
        self.lose, self.double, self.damage, self.delay = lose, double, damage, delay
        self.cut_after, self.on_cut = cut_after, on_cut
        self.host_bytes = 0
        self._host, self._held = raw_pty()
        self.port = os.ttyname(self._held)
        self._board = os.open(board_port, os.O_RDWR | os.O_NOCTTY)
        self._closing = False
        self._thread = threading.Thread(target=self._copy, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closing = True
        self._thread.join()
        os.close(self._board)

    def _copy(self):
        try:
            self._copy_on()
        except OSError:
            pass  # the board is gone, and so is the port
        os.close(self._host)
        os.close(self._held)

    def _copy_on(self):
        while not self._closing:
            readable, _, _ = select.select([self._host, self._board], [], [], LOOK_UP_S)
            for source in readable:
                data = os.read(source, 256)
                if not data:
                    return
                if source == self._host:
                    self._count(len(data))
                self._pass_on(self._spoil(data), self._board if source == self._host else self._host)

    def _count(self, n_bytes):
        self.host_bytes += n_bytes
        if self.cut_after is not None and self.host_bytes >= self.cut_after:
            self.cut_after = None
            (self.on_cut or self._cut)()

    def _cut(self):
        self._closing = True

    def _pass_on(self, data, to):
        if self.random.random() < self.delay:
            time.sleep(0.3)
        while data and not self._closing:
            data = data[os.write(to, data) :]

    def _spoil(self, data):
        spoiled = bytearray()
        for byte in data:
            if self.random.random() < self.lose:
                continue
            if self.random.random() < self.damage:
                byte ^= 1 << self.random.randrange(8)
            spoiled.append(byte)
            if self.random.random() < self.double:
                spoiled.append(byte)
        return bytes(spoiled)
