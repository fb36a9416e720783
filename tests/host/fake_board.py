"""A stand-in for a board: a pty with a raw REPL that runs code with CPython, and faults to order.

It is no MicroPython. It has what upload.py and stream.py ask of one: friendly and raw REPL, raw-paste mode, Ctrl-C, a
filesystem that is a folder, and the module names that receiver.py imports. What the emulated boards do well (the
language, LittleFS, timing) is tested on those; this one is for what they cannot do to order: lose or damage bytes,
vanish after so many, have a full, a read-only or a FAT filesystem, lack a module.

    with FakeBoard(tmp_path, damage=0.01) as board: Connection(board.port)

It runs as a process of its own, so that killing it is a pulled plug.
"""

import argparse
import binascii
import builtins
import errno
import hashlib
import os
import random
import select
import subprocess
import sys
import traceback
import tty
import types
from pathlib import Path

BANNER = b"MicroPython v1.25.0 on a stand-in; CPython\r\n"
PASTE_WINDOW = 128


class FakeBoard:
    """Starts and ends the process. port: what a Connection takes. Options are those of the command line below."""

    def __init__(self, root, **options):
        self.root = Path(root)
        self.root.mkdir(exist_ok=True)
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._command = [sys.executable, __file__, str(self.root), *arguments]

    def __enter__(self):
        # Its stdin ends with this process, and so does it.
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def read(self, path):
        """Content of a file on the board, None if there is none."""
        file = self.root / path.strip("/")
        return file.read_bytes() if file.exists() else None

    def files(self):
        return sorted("/" + str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file())


class Restart(BaseException):
    """machine.reset()"""


def _reset():
    raise Restart


class Wire:
    """The board's end of the pty. Faults strike once the upload program runs: its code is sent by raw-paste mode, which
    MicroPython gives no protection."""

    def __init__(self, options):
        self.master, self._slave = os.openpty()  # the slave stays open: the port lasts between connections
        tty.setraw(self.master)
        self.options = options
        self.random = random.Random(options.seed)
        self.input = bytearray()
        self.faults = False
        self.running = False
        self.taken = 0

    def _receive(self):
        if sys.stdin.fileno() in select.select([self.master, sys.stdin], [], [])[0]:
            os._exit(0)
        data = os.read(self.master, 4096)
        self.taken += len(data)
        if self.options.vanish_after and self.taken >= self.options.vanish_after:
            os._exit(1)
        for byte in data:
            strikes = self.faults and byte != 3
            if strikes and self.random.random() < self.options.lose:
                continue
            if strikes and self.random.random() < self.options.damage:
                byte ^= 1 << self.random.randrange(7)
            self.input.append(byte)
            if strikes and self.random.random() < self.options.double:
                self.input.append(byte)

    def get(self):
        """The next byte; raises KeyboardInterrupt for Ctrl-C while a program runs."""
        while not self.input:
            self._receive()
        byte = self.input.pop(0)
        if byte == 3 and self.running and not self.options.deaf:
            raise KeyboardInterrupt
        return byte

    def put(self, data):
        """Sends bytes, one answer a call; sees Ctrl-C on the way, as a board's interrupt would."""
        if self.running and not self.options.deaf:
            while select.select([self.master], [], [], 0)[0]:
                self._receive()
            if 3 in self.input:
                del self.input[: self.input.index(3) + 1]
                raise KeyboardInterrupt
        if not (self.faults and self.random.random() < self.options.lose_answer):
            os.write(self.master, data)


class Stdin:
    """sys.stdin of a board: text, \\r read as \\n. Has no .buffer, as some ports have none."""

    def __init__(self, wire):
        self.wire = wire

    def read(self, count):
        return "".join(self._next() for _ in range(count))

    def readline(self, limit=-1):
        self.wire.faults = True  # only receiver.py reads lines
        text = ""
        while not text.endswith("\n") and len(text) != limit:
            text += self._next()
        return text

    def _next(self):
        return chr(self.wire.get()).replace("\r", "\n")


class Stdout:
    def __init__(self, wire):
        self.wire = wire

    def write(self, text):
        self.wire.put(text.encode().replace(b"\n", b"\r\n"))


def modules(wire, options):
    """What `import` finds in a program on the board: {name: module}."""
    root = Path(options.root)

    def real(path):
        return root / path.lstrip("/")

    def used():
        return sum(p.stat().st_size for p in root.rglob("*") if p.is_file())

    def refuse_to_write():
        if options.filesystem == "read-only":
            raise OSError(errno.EROFS, "EROFS")

    class File:
        """Unbuffered, so that a board that dies has written what it wrote."""

        def __init__(self, path, mode="r"):
            if "w" in mode:
                refuse_to_write()
            self.file = builtins.open(real(path), mode, buffering=0)
            self.readinto, self.close = self.file.readinto, self.file.close

        def write(self, data):
            if options.capacity_bytes and used() + len(data) > options.capacity_bytes:
                raise OSError(errno.ENOSPC, "ENOSPC")
            if options.flash == "worn":
                data = bytes(len(data))
            return self.file.write(data)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

    def rename(old, new):
        if options.filesystem == "fat" and real(new).exists():
            raise OSError(errno.EEXIST, "EEXIST")
        real(old).rename(real(new))

    def statvfs(path):
        free = (options.capacity_bytes or 1 << 24) - used()
        return (1, 1, 0, free if options.says_free == "truth" else 1 << 24, 0)

    def module(name, **names):
        made = types.ModuleType(name)
        vars(made).update(names)
        return made

    made = {
        "sys": module("sys", stdin=Stdin(wire), stdout=Stdout(wire)),
        "gc": module("gc", collect=lambda: None, mem_free=lambda: options.free_heap_bytes),
        "binascii": module("binascii", a2b_base64=binascii.a2b_base64, hexlify=binascii.hexlify, crc32=binascii.crc32),
        "hashlib": module("hashlib", sha256=hashlib.sha256),
        "machine": module("machine", reset=_reset),
        "os": module(
            "os",
            remove=lambda path: real(path).unlink(),
            rename=rename,
            stat=lambda path: tuple(real(path).stat()),
            statvfs=statvfs,
            mkdir=lambda path: (refuse_to_write(), real(path).mkdir()),
            ilistdir=lambda path: [(p.name, 0) for p in real(path).iterdir()],
        ),
        "open": File,
    }
    for name in options.without.split(",") if options.without else ():
        if "." in name:
            delattr(made[name.split(".")[0]], name.split(".")[1])
        else:
            made[name] = None
    return made


class Interpreter:
    """Runs programs; globals last until a reset."""

    def __init__(self, wire, options):
        self.wire = wire
        self.modules = modules(wire, options)
        self.globals = {"__name__": "__main__"}

    def _import(self, name, *args):
        if name in self.modules:
            if self.modules[name] is None:
                raise ImportError(f"no module named '{name}'")
            return self.modules[name]
        if name == "deflate":
            return _deflate()
        if name == "linnet":
            raise ImportError("no module named 'linnet'")  # this machine's is not the board's
        return builtins.__import__(name, *args)

    def _print(self, *values, end="\n"):
        self.modules["sys"].stdout.write(" ".join(map(str, values)) + end)

    def run(self, code):
        """Runs code; returns the traceback as text, empty if there is none."""
        names = {"__import__": self._import, "print": self._print, "open": self.modules["open"], "exec": self._exec}
        self.globals["__builtins__"] = self.builtins = {**vars(builtins), **names}
        self.wire.running = True
        try:
            exec(compile(code, "<stdin>", "exec"), self.globals)
            return ""
        except (Exception, KeyboardInterrupt) as error:
            return "Traceback (most recent call last):\r\n" + traceback.format_exception_only(error)[-1]
        finally:
            self.wire.running = self.wire.faults = False

    def _exec(self, code, names=None):
        exec(compile(code, "<string>", "exec"), {"__builtins__": self.builtins} if names is not None else self.globals)


def _deflate():
    import zlib

    class DeflateIO:
        def __init__(self, stream, kind, window_bits):
            self.data = zlib.decompress(stream.read(), -window_bits)

        def read(self, count=None):
            return self.data[:count]

    made = types.ModuleType("deflate")
    made.RAW, made.DeflateIO = 1, DeflateIO
    return made


def raw_repl(wire, interpreter):
    wire.put(b"raw REPL; CTRL-B to exit\r\n>")
    line = bytearray()
    while True:
        byte = wire.get()
        if byte == 1 and line == b"\x05A":
            code = paste(wire)
        elif byte == 1:
            wire.put(b"raw REPL; CTRL-B to exit\r\n>")
            line.clear()
            continue
        elif byte == 2:
            return
        elif byte == 4 and not line:
            wire.put(b"OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
            interpreter.globals = {"__name__": "__main__"}
            continue
        else:
            line = line + bytes([byte]) if byte != 3 else bytearray()
            continue
        line.clear()
        error = interpreter.run(code) if code is not None else "KeyboardInterrupt: "
        wire.put(b"\x04" + error.encode() + b"\x04>")


def paste(wire):
    """Raw-paste mode: the code, or None after Ctrl-C."""
    wire.put(b"R\x01" + PASTE_WINDOW.to_bytes(2, "little") + b"\x01")
    code = bytearray()
    while (byte := wire.get()) not in (3, 4):
        code.append(byte)
        if len(code) % PASTE_WINDOW == 0:
            wire.put(b"\x01")
    wire.put(b"\x04")
    return bytes(code) if byte == 4 else None


def main():
    parser = argparse.ArgumentParser(description="a stand-in for a MicroPython board on a pty")
    parser.add_argument("root", help="the folder that is its filesystem")
    parser.add_argument("--seed", type=int, default=0)
    for name in "lose", "damage", "double":
        parser.add_argument(f"--{name}", type=float, default=0.0, help="chance, for each byte the host sends")
    parser.add_argument("--lose-answer", type=float, default=0.0, help="chance, for each line to the host")
    parser.add_argument("--vanish-after", type=int, default=0, help="die after so many bytes from the host")
    parser.add_argument("--capacity-bytes", type=int, default=0, help="of the filesystem; 0: enough")
    parser.add_argument("--says-free", choices=["truth", "plenty"], default="truth")
    parser.add_argument("--filesystem", choices=["littlefs", "fat", "read-only"], default="littlefs")
    parser.add_argument("--flash", choices=["good", "worn"], default="good")
    parser.add_argument("--free-heap-bytes", type=int, default=190000)
    parser.add_argument("--without", default="", help="modules or module.name it lacks, comma between")
    parser.add_argument("--deaf", type=int, default=0, help="1: Ctrl-C does not interrupt a program")
    options = parser.parse_args()
    wire = Wire(options)
    print(os.ttyname(wire._slave), flush=True)
    while True:
        interpreter = Interpreter(wire, options)
        try:
            wire.put(BANNER + b">>> ")
            while True:
                byte = wire.get()
                if byte == 1:
                    raw_repl(wire, interpreter)
                    wire.put(b"\r\n" + BANNER + b">>> ")
                elif byte in b"\r\x03":
                    wire.put(b"\r\n>>> ")
        except Restart:
            wire.running = wire.faults = False


if __name__ == "__main__":
    main()
