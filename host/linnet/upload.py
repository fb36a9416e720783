"""Puts files on a board: base64 lines, one acknowledgement a chunk, SHA-256 before the file gets its name.

The board's side, and the protocol, are in receiver.py. A file is written as <path>.part, read back and compared; when all
of them are whole they get their names, so that a pulled cable leaves the old files or the new ones. (On FAT, which cannot
rename over a file, the old one is removed first.) One chunk is on its way at a time: a UART without flow control loses
nothing.
"""

import base64
import contextlib
import errno
import hashlib
import posixpath
import re
import time
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .errors import LinnetError
from .transport import BoardError

TRIES = 6  # of one line, before the upload is given up
DEFLATE_PAYS = 0.95  # of the size; above this the board's time to inflate is worth more than the wire's
HASHED_BYTES_PER_S = 20000  # at least, by a board that reads them from its flash
DEFLATE_WBITS = -12  # the window that receiver.py inflates with

# Reads receiver.py deflated or, where the board cannot inflate, says so and reads it as it is.
_STARTER = """\
import sys
s=sys.stdin.read(%d)
try:
 import io,deflate,binascii
 s=deflate.DeflateIO(io.BytesIO(binascii.a2b_base64(s)),deflate.RAW,%d).read()
 print("packed")
except ImportError:
 print("plain")
 s=sys.stdin.read(%d)
exec(s,{})
"""
_ANSWER = re.compile(rb"([0-9a-f]{8})(([0-9a-f]{2})([=?!])(.*))$")


@dataclass
class Summary:
    """What install() did. round_trips and wire_bytes count all that passed from opening the receiver to its end."""

    sent: list  # paths that were written
    skipped: list  # paths whose content was there already
    payload_bytes: int = 0  # of the files sent
    wire_bytes: int = 0  # host to board
    round_trips: int = 0
    chunks: int = 0
    resends: int = 0
    elapsed_s: float = 0.0


def put(conn, data, path, progress=None, timeout_s=5.0):
    """Writes data (bytes) to path on the board. Returns a Summary; see install()."""
    return install(conn, {path: data}, progress, timeout_s)


def install(conn, files, progress=None, timeout_s=5.0, journal="", keep=False):
    """Writes files ({path on the board: bytes}) where their content is not there already: all of them, or none.

    conn: an open Connection with nothing running. progress(path, done_bytes, size_bytes) is called after each chunk.
    timeout_s: how long an answer may take before a line is sent again; hashing and flash erasing get more.
    journal: a path on the board where the names are kept while the files get them: `import linnet` there, and the next
    install(), complete what was cut off. keep: what is replaced stays as <path>.old.
    Returns a Summary. Raises LinnetError, the old files being intact.
    """
    before = conn.bytes_written, conn.round_trips, time.monotonic()
    summary = Summary([], [])
    with _Receiver(conn, timeout_s, summary) as receiver:
        if journal:
            receiver.ask("j", journal, path=journal)
        digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        there = receiver.query({path: len(data) for path, data in files.items()})
        for path, data in files.items():
            if there[path] == digests[path]:
                summary.skipped.append(path)
            else:
                receiver.send(path, data, digests[path], progress)
                summary.sent.append(path)
                summary.payload_bytes += len(data)
        if summary.sent:
            receiver.ask("k" if keep else "f", "" if keep else journal, path=summary.sent[-1], extra_s=len(summary.sent))
    summary.wire_bytes = conn.bytes_written - before[0]
    summary.round_trips = conn.round_trips - before[1]
    summary.elapsed_s = time.monotonic() - before[2]
    return summary


@cache
def receiver_source():
    """receiver.py as it is sent: without docstring, comments and blank lines, one space an indent."""
    text = Path(__file__).with_name("receiver.py").read_text().split('"""', 2)[2]
    lines = (line.split("  # ")[0].rstrip() for line in text.splitlines())
    lines = (line for line in lines if line and not line.lstrip().startswith("#"))
    return "".join(" " * ((len(line) - len(line.lstrip())) // 4) + line.lstrip() + "\n" for line in lines)


class _Receiver:
    """receiver.py running on the board, from `with` to its end."""

    def __init__(self, conn, timeout_s, summary):
        self.conn = conn
        self.timeout_s = timeout_s
        self.summary = summary
        self.number = 0
        self.checksum = zlib.crc32

    def __enter__(self):
        source = receiver_source().encode()
        packed = base64.b64encode(_deflate(source))
        # The board reads the text in one go: raw-paste mode would cost a round trip for each of its small windows.
        self.conn.start(_STARTER % (len(packed), -DEFLATE_WBITS, len(source)))
        self.conn.write(packed)
        try:
            if self._line(time.monotonic() + self.conn.timeout_s) == b"plain":
                self.conn.write(source)
            ready = self._answer(255, time.monotonic() + self.conn.timeout_s)
            if not ready:
                raise LinnetError(f"{self.conn.port}: the upload program did not start on the board; reset the board")
            chunk_bytes, deflate, sha256 = ready[1].split()
            self.chunk_bytes, self.deflate = int(chunk_bytes), deflate == "1"
            if sha256 != "1":
                raise LinnetError(
                    f"{self.conn.port}: this MicroPython has no hashlib.sha256, by which an upload is checked; "
                    "use a firmware with it"
                )
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            self._stop()
        else:
            self.conn.interrupt()

    def _stop(self):
        with contextlib.suppress(LinnetError):
            self.conn.interrupt()

    def query(self, sizes):
        """{path: SHA-256 in hex of what the board has, or "-"} for {path: size}. One request for each 1 KB of names."""
        answers, batch = [], []
        for path, size in sizes.items():
            if not path or any(ord(c) < 32 for c in path):
                raise LinnetError(f"{path!r} is no name for a file on a board")
            batch.append(f"{size} {path}")
            if len("\t".join(batch)) > min(1024, self.chunk_bytes // 2):
                answers += self._ask_digests(batch, sum(sizes.values()))
                batch = []
        if batch:
            answers += self._ask_digests(batch, sum(sizes.values()))
        return dict(zip(sizes, answers, strict=True))

    def _ask_digests(self, batch, size_bytes):
        return self.ask("q", "\t".join(batch), extra_s=size_bytes / HASHED_BYTES_PER_S).split(",")

    def send(self, path, data, digest, progress):
        """Writes one file. A chunk of data is at most chunk_bytes long."""
        free_bytes = int(self.ask("o", f"{len(data)} {path}", path=path))
        if 0 <= free_bytes < len(data):
            raise LinnetError(_why(str(errno.ENOSPC), path, f"{len(data)} bytes wanted, {free_bytes} free"))
        for start in range(0, len(data), self.chunk_bytes):
            chunk = data[start : start + self.chunk_bytes]
            kind = "d"
            if self.deflate:
                packed = _deflate(chunk)
                if len(packed) < DEFLATE_PAYS * len(chunk):
                    kind, chunk = "z", packed
            self.ask(kind, base64.b64encode(chunk).decode(), path=path)
            self.summary.chunks += 1
            if progress:
                progress(path, min(start + self.chunk_bytes, len(data)), len(data))
        if self.ask("c", digest, path=path, extra_s=len(data) / HASHED_BYTES_PER_S) != "1":
            raise LinnetError(
                f"{path}: what the board wrote reads back differently; the old file is untouched; "
                "its flash may be worn or its filesystem damaged"
            )

    def ask(self, kind, body="", path="", extra_s=0.0):
        """One request, repeated until it is answered. Returns the answer's body.

        extra_s: longer than timeout_s that the answer may take. A board that says "?" is asked again at once, a silent one
        after that time.
        """
        text = f"{self.number:02x}{kind}{body}".encode()
        line = b"%08x%s\n" % (self.checksum(text), text)
        wire_s = 10 * len(line) / self.conn.baudrate
        self.conn.write(line)
        for _ in range(TRIES):
            answer = self._answer(self.number, time.monotonic() + self.timeout_s + wire_s + extra_s)
            if answer and answer[0] == "=":
                self.number = (self.number + 1) & 255
                return answer[1]
            if answer and answer[0] == "!":
                raise LinnetError(_why(answer[1], path))
            # Nothing heard: the line's end may be lost, so end it first.
            self.conn.write(line if answer else b"\n" + line)
            self.summary.resends += 1
        raise LinnetError(
            f"{self.conn.port}: a line was damaged or lost {TRIES} times in a row; "
            "use a shorter cable or a lower baud rate"
        )

    def _answer(self, number, end_s):
        """(kind, body) of the answer to a request, or None when the time is up. Other output is passed over."""
        while line := self._line(end_s):
            match = _ANSWER.search(line)
            if match and int(match[3], 16) == number and self._intact(match):
                return match[4].decode(), match[5].decode("utf-8", "replace")
            if b"soft reboot" in line or line.startswith(b"MicroPython v"):
                raise self._ended("it restarted")
        return None

    def _line(self, end_s):
        """The next line of the board's that is not empty, or b"" when the time is up."""
        line = b""
        while not line:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return b""
            try:
                line = self.conn.read_line(left_s)
            except BoardError as error:
                raise self._ended(error) from None
            if line is None:
                raise self._ended("it stopped")
        return line

    def _ended(self, reason):
        return LinnetError(f"{self.conn.port}: the upload ended on the board ({reason}); try again")

    def _intact(self, match):
        for checksum in {self.checksum, _sum}:
            if checksum(match[2]) == int(match[1], 16):
                self.checksum = checksum  # the first line, the board's own, shows which one it has
                return True
        return False


def _deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, DEFLATE_WBITS)
    return packer.compress(data) + packer.flush()


def _sum(data):
    return sum(data) & 0xFFFFFFFF


def _why(reason, path, detail=""):
    """One sentence about a request that failed; reason is an errno or what the board's exception says."""
    folder = posixpath.dirname(path) or "the current folder"
    untouched = "the old file, if any, is untouched"
    sentences = {
        errno.ENOSPC: f"the board's filesystem is full{f' ({detail})' if detail else ''}; {untouched}; remove files",
        errno.EROFS: f"the board's filesystem is read-only; {untouched}; make it writable (boot.py, or eject the drive)",
        errno.ENODEV: f"the board has no filesystem at {folder}; format it, or give another path",
        errno.EPERM: f"the board does not allow writing at {folder}; give a path on its filesystem, such as /flash",
        errno.EISDIR: "this is a folder on the board; give another name",
        errno.ENOTDIR: f"a part of {folder} is a file on the board; give another name",
        errno.EIO: f"the board's flash or card failed (EIO); {untouched}",
    }
    try:
        number = int(reason)
        sentence = sentences.get(number) or f"the board reports {errno.errorcode.get(number, number)}; {untouched}"
    except ValueError:
        sentence = f"the board reports {reason}; {untouched}"
    return f"{path}: {sentence}"
