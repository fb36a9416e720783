"""Receives files. Runs on the board, never on the host: upload.py sends this text there and talks to it.

Both sides send lines of text: <checksum, 8 hex><number, 2 hex><kind><body>\\n. The checksum covers all that follows it:
CRC-32, or the plain sum of the bytes where binascii has no crc32. Text, because text passes any port unchanged and
leaves Ctrl-C working: a board whose host has died is not stuck in an upload.

Requests, and what the board answers with kind "=":
  q  <size> <path>, tab between files   SHA-256 in hex, or "-" for no file or another size, comma between;
                                        leftovers in those folders (other than the root) are removed: .part,
                                        and .linnet.new of a rollback that was cut off
  o  <size> <path>                      free bytes, or -1; the folders are made, <path>.part is open; where there is no room,
                                        <path>.old makes some
  d  base64 of a chunk                  nothing
  z  base64 of a chunk, raw deflate     nothing
  c  SHA-256 in hex                     1: <path>.part is whole; 0: it read back otherwise and is removed
  j  path of a journal                  a commit that was cut off there is completed
  f  path of a journal, or nothing      all that is whole gets its name: the paths are in the journal first, so that
                                        linnet/__init__.py, or j, can complete what is cut off
  k                                     as f, without a journal; what had the name before is <path>.old
Ctrl-C ends the program, and removes what has no name yet.
Kind "!": the request failed, the body is an errno or a message, <path>.part is removed.
Kind "?": a damaged line, or a number that is not due: send again. A request seen twice is answered twice, done once.
The first line has number ff and says <chunk bytes> <deflate 0 or 1> <sha256 0 or 1>.
"""

import binascii
import gc
import os
import sys

try:
    from hashlib import sha256
except ImportError:
    sha256 = None
try:
    import deflate
    import io
except ImportError:
    deflate = None

checksum = getattr(binascii, "crc32", None) or (lambda data: sum(data) & 0xFFFFFFFF)
a2b = binascii.a2b_base64


def reply(number, kind, body):
    text = "%02x%s%s" % (number, kind, body)
    text = "%08x%s\n" % (checksum(text.encode()), text)
    sys.stdout.write(text)
    return text


def digest(path):
    sha = sha256()
    block = bytearray(512)
    with open(path, "rb") as f:
        while True:
            n = f.readinto(block)
            if not n:
                break
            sha.update(memoryview(block)[:n])
    return binascii.hexlify(sha.digest()).decode()


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def query(body):
    answers = []
    for item in body.split("\t"):
        size, path = item.split(" ", 1)
        folder = path.rsplit("/", 1)[0] if "/" in path else ""
        try:
            for entry in list(os.ilistdir(folder)) if folder else ():
                if entry[0].endswith(".part") or entry[0].endswith(".linnet.new"):
                    remove(folder + "/" + entry[0])
            remove(path + ".part")
            if path.endswith(".mpy"):
                os.stat(path)
                remove(path[:-3] + "py")  # it would be imported in its stead
            answers.append(digest(path) if os.stat(path)[6] == int(size) else "-")
        except OSError:
            answers.append("-")
    return ",".join(answers)


def make_folders(path):
    at = path.find("/", 1)
    while at > 0:
        try:
            os.stat(path[:at])
        except OSError:
            os.mkdir(path[:at])
        at = path.find("/", at + 1)


def free_bytes(path):
    try:
        stat = os.statvfs(path[: path.rfind("/") + 1] or ".")
        return stat[0] * stat[3]
    except (OSError, AttributeError):
        return -1


def rename(part, path):
    try:
        os.rename(part, path)
    except OSError as e:
        # FAT does not rename over a file (EEXIST). Between these two lines only the whole .part exists.
        if e.args[0] != 17:
            raise
        os.remove(path)
        os.rename(part, path)


def exists(path):
    try:
        return os.stat(path)
    except OSError:
        pass


def complete(journal):
    if exists(journal):
        with open(journal) as f:
            paths = f.read().split("\n")
        for path in paths:
            if exists(path + ".part"):
                rename(path + ".part", path)
        os.remove(journal)


def commit(paths, journal):
    if journal:
        with open(journal + ".part", "w") as f:
            f.write("\n".join(paths))
        rename(journal + ".part", journal)
    for path in paths:
        rename(path + ".part", path)
    if journal:
        os.remove(journal)
    for path in paths:
        if path.endswith(".mpy"):
            remove(path[:-3] + "py")


def keep(paths):
    # linnet.load() takes <path>.old where there is no <path>.
    for path in paths:
        if exists(path):
            rename(path, path + ".old")
        rename(path + ".part", path)


def serve():
    gc.collect()
    free = gc.mem_free()
    chunk_bytes = 6144 if free > 120000 else 3072 if free > 40000 else 2048 if free > 24000 else 512
    line_bytes = chunk_bytes * 4 // 3 + 64
    # The heap is cleaned before an answer, never while the next chunk pours into a small UART buffer.
    clean_every = free // (8 * chunk_bytes) + 1
    reply(255, "=", "%d %d %d" % (chunk_bytes, deflate is not None and free > 40000, sha256 is not None))
    due = 0
    last = ""
    path = part = f = None
    whole = []
    try:
        while True:
            try:
                line = sys.stdin.readline(line_bytes).encode()
                body = memoryview(line)[11:-1]
                good = line[-1] == 10 and int(line[:8], 16) == checksum(memoryview(line)[8:-1])
                number = int(line[8:10], 16)
                kind = line[10:11]
            except (ValueError, IndexError):
                good = False
            if b"\3" in line:  # where Ctrl-C does not interrupt a read
                return
            if good and number == (due - 1) & 255:
                sys.stdout.write(last)
                continue
            if not good or number != due:
                reply(due, "?", "")
                continue
            answer = ""
            result = "="
            try:
                if kind == b"d":
                    f.write(a2b(body))
                elif kind == b"z":
                    f.write(deflate.DeflateIO(io.BytesIO(a2b(body)), deflate.RAW, 12).read(chunk_bytes))
                elif kind == b"q":
                    answer = query(bytes(body).decode())
                elif kind == b"o":
                    size, path = bytes(body).decode().split(" ", 1)
                    part = path + ".part"
                    make_folders(path)
                    if free_bytes(path) < int(size):
                        remove(path + ".old")
                    f = open(part, "wb")
                    answer = "%d" % free_bytes(path)
                elif kind == b"c":
                    f.close()
                    f = None
                    answer = "0"
                    if digest(part) == bytes(body).decode():
                        whole.append(path)
                        part = None
                        answer = "1"
                elif kind == b"j":
                    complete(bytes(body).decode())
                elif kind == b"f":
                    paths, whole = whole, []  # from here on their .part files are not litter
                    commit(paths, bytes(body).decode())
                elif kind == b"k":
                    paths, whole = whole, []
                    keep(paths)
            except Exception as e:
                result = "!"
                answer = str(e.args[0]) if isinstance(e, OSError) else repr(e)
            if part and (result == "!" or answer == "0"):
                if f:
                    f.close()
                remove(part)
                part = f = None
            if due % clean_every == 0:
                gc.collect()
            last = reply(due, result, answer)
            due = (due + 1) & 255
    finally:
        if f:
            f.close()
        if part:
            remove(part)
        for path in whole:
            remove(path + ".part")


serve()
