"""What the host put here, before any of it is used: an installation that was cut off is completed, damage is named.

The host's side is host/linnet/receiver.py (the journal) and payload.py (the checksums).
"""

import os

JOURNAL = "/linnet.install"  # paths, one a line, whose new content may still be called <path>.part
SUMS = "/linnet.sums"  # CRC-32 in hex and path, a line each


def check(file):
    """file: __file__ of the package. Raises ImportError that names a file whose bytes are not those that were sent."""
    parts = file.rsplit("/", 2)
    if len(parts) == 3:  # else it is frozen into the firmware
        lib = parts[0]
        _complete(lib + JOURNAL)
        _compare(lib)


def _complete(journal):
    paths = _lines(journal)
    for path in paths:
        try:
            os.stat(path + ".part")
        except OSError:
            continue
        try:
            os.rename(path + ".part", path)
        except OSError:  # FAT does not rename over a file
            os.remove(path)
            os.rename(path + ".part", path)
    if paths:
        os.remove(journal)


def _compare(lib):
    try:
        from binascii import crc32
    except ImportError:
        return
    block = bytearray(512)
    for line in _lines(lib + SUMS):
        try:
            wanted, path = line.split(" ")
            wanted = int(wanted, 16)
        except ValueError:
            raise ImportError("%s is damaged: deploy again with linnet deploy" % (lib + SUMS))
        found = 0
        try:
            with open(lib + path, "rb") as file:
                while True:
                    n = file.readinto(block)
                    if not n:
                        break
                    found = crc32(memoryview(block)[:n], found)
        except OSError:
            continue  # operators that no model here needs
        if found != wanted:
            raise ImportError("%s is not what was deployed, or damaged: linnet deploy sends it anew" % (lib + path))


def _lines(path):
    try:
        with open(path) as file:
            return file.read().split("\n")
    except OSError:
        return ()
