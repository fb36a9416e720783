"""A board's ROMFS partition: files in flash that MicroPython maps into memory, so that a model's weights are read where they lie.

An image is MicroPython's (extmod/vfs_rom.c), but files that are put here are *pointed* at: all records stand in the image's first
blocks, the data after them, each file's at a multiple of 16. New data goes where nothing lies that the old records speak of, is
compared, and only then do new records take the place of the old ones: until that moment a deploy that is cut off leaves the
board as it was.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from linnet.errors import LinnetError
from linnet.transport import BoardError

HEADER = b"\xd2\xcd\x31"
PADDING, VERBATIM, POINTER, DIRECTORY, FILE = 1, 2, 3, 4, 5  # kinds of records
ALIGNMENT = 16
CHUNK_BYTES = 4096
PAGE_BYTES = 1024  # read at a time

# On the board: erase(offset, n) and write(offset, base64) of the partition; a partition is a memoryview, written by rom_ioctl, or
# a block device (MicroPython, docs: reference/romfs.html).
BOARD = """
import vfs, json
from binascii import a2b_base64, b2a_base64
try:
    vfs.umount("/rom")
except OSError:
    pass
def good(result):
    if result is not None and result < 0:
        raise OSError(-result)
    return result
try:
    found = vfs.rom_ioctl(1) > 0
except (AttributeError, OSError):
    found = False
size = block = 0
if found:
    dev = vfs.rom_ioctl(2, 0)
    rom = memoryview(dev)
    size = len(rom)
    is_device = hasattr(dev, "writeblocks")
    if is_device:
        block = dev.ioctl(5, 0)
    else:
        try:
            block = max(0, vfs.rom_ioctl(6, 0))
        except (OSError, ValueError):
            pass
def erase(offset, n):
    if is_device:
        for at in range(offset, offset + n, block):
            good(dev.ioctl(6, at // block))
    else:
        good(vfs.rom_ioctl(3, 0, offset, n))
def write(offset, data):
    if is_device:
        good(dev.writeblocks(offset // block, data, offset % block))
    else:
        good(vfs.rom_ioctl(4, 0, offset, data))
def read(offset, n):
    print(str(b2a_base64(rom[offset:offset + n])[:-1], "ascii"))
def digest(offset, n):
    from hashlib import sha256
    sha = sha256()
    for at in range(offset, offset + n, 512):
        sha.update(rom[at:min(at + 512, offset + n)])
    print(str(b2a_base64(sha.digest())[:-1], "ascii"))
def commit(n):
    erase(0, -(-n // block) * block)
    write(0, records)
    if not is_device:
        try:
            vfs.rom_ioctl(5, 0)
        except (OSError, ValueError):
            pass
print(json.dumps([size, block]))
"""


@dataclass
class Place:
    """A file's data in the image."""

    offset: int
    bytes: int


@dataclass
class Change:
    """What install() did."""

    written: list  # paths; those whose content was there already are not among them
    before: bytes  # the partition's first blocks, which held the records


def number(value):
    """ROMFS's variable-length integer."""
    data = bytes([value & 127])
    while value > 127:
        value >>= 7
        data = bytes([128 | value & 127]) + data
    return data


def parse(image):
    """What an image holds: ({path: Place}, [(start, end) that must stay as it is while the image is in use]).

    image: bytes from the partition's start on. An image that is none, or damaged, holds nothing.
    """
    try:
        if image[:3] != HEADER:
            return {}, []
        length, at = _number(image, 3)
        end = at + length
        if end > len(image):
            return {}, []
        files, used = {}, [(0, at)]
        _walk(image, at, end, "", at, files, used)
    except (IndexError, UnicodeDecodeError, RecursionError):
        return {}, []
    used += [(place.offset, place.offset + place.bytes) for place in files.values()]
    inside = all(0 <= place.offset and place.offset + place.bytes <= len(image) for place in files.values())
    return (files, used) if inside else ({}, [])


def _number(data, at):
    value = 0
    while True:
        byte = data[at]
        value, at = value << 7 | byte & 127, at + 1
        if byte < 128:
            return value, at


def _walk(image, at, end, folder, base, files, used):
    """Records [at, end) of a folder; pointers count from `base`."""
    while at < end:
        start = at
        kind, at = _number(image, at)
        length, at = _number(image, at)
        following = at + length
        if kind == 0 or following > end:
            raise IndexError
        used.append((start, at))
        if kind in (DIRECTORY, FILE):
            n, at = _number(image, at)
            path = f"{folder}/{image[at : at + n].decode()}"
            used.append((start, at + n))
            if kind == DIRECTORY:
                _walk(image, at + n, following, path, base, files, used)
            else:
                used.append((start, _file(image, at + n, following, path, base, files)))
        at = following


def _file(image, at, end, path, base, files):
    """Notes where a file's data lies; the end of what was read for that."""
    while at < end:
        kind, at = _number(image, at)
        length, at = _number(image, at)
        if kind == VERBATIM:
            files[path] = Place(at, length)
            return at
        if kind == POINTER:
            n_bytes, at = _number(image, at)
            offset, at = _number(image, at)
            files[path] = Place(base + offset, n_bytes)
            return at
        at += length
    return end


def records(files, total_bytes):
    """The beginning of an image: header and records that point at `files` ({path: Place}); `total_bytes` is the image's length."""
    header = 3 + len(number(total_bytes))
    while True:
        # Pointers count from the header's end, whose length depends on what follows it.
        body = _folder(files, header)
        length = total_bytes - header
        if len(HEADER + number(length)) == header:
            break
        header = len(HEADER + number(length))
    head = HEADER + number(length) + body
    rest = total_bytes - len(head)  # all data lies in a padding record: what is left after its own length
    for width in range(1, 6):
        padding = number(rest - 1 - width)
        if len(padding) <= width:
            return head + number(PADDING) + b"\x80" * (width - len(padding)) + padding
    raise LinnetError(f"a ROMFS image of {total_bytes} bytes is too large")


def _folder(files, base):
    """The records of a folder's {path: Place}; paths begin with /."""
    made, folders = b"", {}
    for path, place in files.items():
        name, slash, rest = path[1:].partition("/")
        if slash:
            folders.setdefault(name, {})["/" + rest] = place
            continue
        pointer = number(place.bytes) + number(place.offset - base)
        made += _record(FILE, _name(name) + _record(POINTER, pointer))
    for name, inside in folders.items():
        made += _record(DIRECTORY, _name(name) + _folder(inside, base))
    return made


def _name(name):
    return number(len(name.encode())) + name.encode()


def _record(kind, payload):
    return number(kind) + number(len(payload)) + payload


def arrange(files, used, new, block, size):
    """Where new data goes: ({path: Place} of the new image, {offset: (path, bytes)} to write).

    files, used: what parse() says of the image that is there. new: {path: bytes} beside its files, or in their place. block, size:
    bytes of the partition's blocks, and of all of it. Files that lie where the new records go are to be among `new`.
    """
    kept = {path: place for path, place in files.items() if path not in new}
    head = head_bytes([*kept, *new], block, size)
    taken = set(range(head // block))
    for start, end in used:
        taken.update(range(start // block, -(-end // block)))
    placed, writes = dict(kept), {}
    for path, data in new.items():
        at = _room(len(data), taken, block, size)
        if at is None:
            raise LinnetError(
                f"{path}: the board's ROMFS partition of {size} bytes has no room for {len(data)} more beside what is in use; "
                "remove files from it: mpremote romfs deploy FOLDER writes a new one"
            )
        placed[path] = Place(at, len(data))
        writes[at] = path, data
    return placed, writes


def head_bytes(paths, block, size):
    """Bytes of the blocks that the records of files of these names take, wherever the files lie in a partition of `size`."""
    return _whole(len(records({path: Place(size, size) for path in paths}, size)), block)


def _whole(n_bytes, block):
    return -(-n_bytes // block) * block


def _room(n_bytes, taken, block, size):
    """Where a free run of blocks for n_bytes starts; it is taken then. None where there is none."""
    n = max(1, -(-n_bytes // block))
    run = 0
    for at in range(size // block):
        run = 0 if at in taken else run + 1
        if run == n:
            taken.update(range(at - n + 1, at + 1))
            return (at - n + 1) * block
    return None


class Partition:
    """The ROMFS partition of the board at an open Connection, which is not mounted until the next reset."""

    def __init__(self, connection):
        self.connection = connection
        self._pages = {}
        self.size, self.block = json.loads(connection.exec(BOARD).decode().splitlines()[-1])
        where = connection.port
        if not self.size:
            raise LinnetError(
                f"{where}: this firmware has no ROMFS partition; leave --rom out, or, where the model is larger than RAM, use --window"
            )
        if not self.block:
            raise LinnetError(f"{where}: this MicroPython can only write its ROMFS partition as a whole; update MicroPython")

    def __len__(self):
        return self.size

    def __getitem__(self, where):
        """A byte, or a slice of bytes, read once."""
        if not isinstance(where, slice):
            if not 0 <= where < self.size:
                raise IndexError(where)
            return self[where : where + 1][0]
        first, last = where.start or 0, min(where.stop, self.size)
        data = b"".join(self._page(i) for i in range(first // PAGE_BYTES, -(-last // PAGE_BYTES)))
        return data[first % PAGE_BYTES :][: max(0, last - first)]

    def _page(self, i):
        if i not in self._pages:
            self._pages[i] = self._answer(f"read({i * PAGE_BYTES}, {min(PAGE_BYTES, self.size - i * PAGE_BYTES)})")
        return self._pages[i]

    def _answer(self, code):
        return base64.b64decode(self.connection.exec(code, timeout_s=60).decode().split()[-1])

    def holds(self, place, data):
        """Whether a file's data is this, and lies where a model can be used."""
        if place is None or place.bytes != len(data) or place.offset % ALIGNMENT:
            return False
        return self._answer(f"digest({place.offset}, {place.bytes})") == hashlib.sha256(data).digest()

    def write(self, offset, data, progress=None):
        """Erases and writes; data is bytes of any length. progress(done_bytes)."""
        self.connection.exec(f"erase({offset}, {_whole(len(data), self.block)})", timeout_s=60)
        for start in range(0, len(data), CHUNK_BYTES):
            chunk = data[start : start + CHUNK_BYTES]
            text = base64.b64encode(chunk + b"\xff" * (-len(chunk) % ALIGNMENT)).decode()
            self.connection.exec(f'write({offset + start}, a2b_base64("{text}"))', timeout_s=60)
            if progress:
                progress(start + len(chunk))
        if self._answer(f"digest({offset}, {len(data)})") != hashlib.sha256(data).digest():
            raise LinnetError(f"{self.connection.port}: what was written to ROMFS reads back differently; its flash may be worn")

    def commit(self, data):
        """The records take the place of the old ones, in one go: the board has all of them before it erases."""
        self.connection.exec("records = bytearray()")
        data += b"\xff" * (-len(data) % ALIGNMENT)
        for start in range(0, len(data), CHUNK_BYTES):
            text = base64.b64encode(data[start : start + CHUNK_BYTES]).decode()
            self.connection.exec(f'records += a2b_base64("{text}")')
        self.connection.exec(f"commit({len(data)})", timeout_s=60)


def install(connection, new, progress=None, without=()):
    """Puts files ({"/kws.linnet": bytes}) into the board's ROMFS beside those that are there, or in their place.

    connection: an open Connection with nothing running; a soft reset mounts the result. progress(path, done_bytes, size_bytes).
    without: paths of files to take out.
    Returns a Change. Raises LinnetError, the files that were
    there being intact.
    """
    try:
        partition = Partition(connection)
        files, used = parse(partition)
        new = {path: data for path, data in new.items() if not partition.holds(files.get(path), data)}
        if not new and not any(path in files for path in without):
            return Change([], b"")
        files = {path: place for path, place in files.items() if path not in without}
        written = list(new)
        while True:  # a file that makes way for the records may make them longer
            head = head_bytes({**files, **new}, partition.block, partition.size)
            moved = [path for path, place in files.items() if path not in new and place.offset < head]
            if not moved:
                break
            new |= {path: partition[files[path].offset : files[path].offset + files[path].bytes] for path in moved}
        placed, writes = arrange(files, used, new, partition.block, partition.size)
        for offset, (path, data) in writes.items():
            partition.write(offset, data, progress and (lambda done, path=path, n=len(data): progress(path, done, n)))
        end = max([head + ALIGNMENT, *(place.offset + place.bytes for place in placed.values())])
        made = records(placed, _whole(end, ALIGNMENT))
        before = partition[0 : _whole(len(made), partition.block)]
        partition.commit(made)
    except BoardError as error:
        raise LinnetError(f"{connection.port}: the board's ROMFS could not be written: {error}") from None
    return Change(written, before)


def remove(connection, path):
    """Takes a file ("/kws.linnet") out of the board's ROMFS, which is mounted at /rom, if it is there."""
    script = f"import os\ntry:\n os.stat({'/rom' + path!r})\n print(1)\nexcept OSError:\n print(0)"
    if int(connection.exec(script)):
        install(connection, {}, without=(path,))


def restore(connection, change):
    """Takes a Change back, as long as none followed: all data of the files before it still lies where it did."""
    Partition(connection).commit(change.before)
