# What is not a group of operators for this build is refused before it is used.

import _linnet
import struct
from tiny import negate


def attempt(*groups):
    try:
        print("opened", len(_linnet.Model(negate(), groups).info()))
    except ValueError as error:
        print(error)


ABI = b"LNG1"
attempt()
attempt(b"")
attempt(bytes(12), bytes(12))
attempt(bytes(16))
attempt(bytearray(ABI + bytes(4)))
for pointer in "I", "Q":
    if struct.calcsize("P") == struct.calcsize(pointer):
        good = bytearray(struct.pack("<4sHH" + pointer, ABI, 1, 0, 0))
        attempt(good)
        attempt(good, good + good)
        attempt(good, struct.pack("<4sHH" + pointer, ABI, 200, 0, 0))
        attempt(good, struct.pack("<4sHH" + pointer, b"LNG0", 1, 0, 0))
        attempt(memoryview(bytes(1) + good)[1:])
for groups in 1, (1,):
    try:
        _linnet.Model(negate(), groups)
    except TypeError:
        print("TypeError")
