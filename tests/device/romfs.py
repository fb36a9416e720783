# A model on ROMFS is used where it lies: loading it takes the arena and the description, not the blob's length.

import gc
import os

try:
    from vfs import VfsRom, mount, umount
except ImportError:
    print("SKIP")
    raise SystemExit

import linnet
from tiny import negate


def number(n):
    """ROMFS's variable-length integer."""
    data = bytes((n & 127,))
    while n > 127:
        n >>= 7
        data = bytes((128 | n & 127,)) + data
    return data


def record(kind, payload):
    return number(kind) + number(len(payload)) + payload


def image(name, data, shift):
    """A ROMFS of one file, its data `shift` bytes further than a multiple of 16."""
    for padding in range(32):
        content = record(5, number(len(name)) + name + record(1, bytes(padding)) + record(2, data))
        whole = b"\xd2\xcd\x31" + number(len(content)) + content
        if whole.find(data) % 16 == shift:
            return whole


blob = bytes(negate()) + b""
for shift in 0, 2:
    rom = bytearray(image(b"tiny.linnet", blob, shift))
    mount(VfsRom(rom), "/rom")
    print(os.listdir("/rom"))
    m = linnet.load("tiny")
    print(m.selftest())
    # In place: what happens to the ROM happens to the model.
    at = rom.find(b"\x89LNT")
    rom[at + 16 + 4] ^= 1
    m.invoke()
    damaged = False
    try:
        linnet.load("tiny")
    except ValueError:
        damaged = True
    print(damaged)
    umount("/rom")
    del m
gc.collect()
