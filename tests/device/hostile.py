# A damaged blob is refused, or runs within its bounds; nothing else happens.

import linnet
from tiny import negate, seal

good = bytes(negate())
refused = 0
for i in range(len(good)):
    if i == 5:
        continue  # version_minor: any will do
    blob = bytearray(good)
    blob[i] ^= 1 << i % 8
    try:
        linnet.load(blob)
        print("opened", i)
    except ValueError:
        refused += 1
print(refused == len(good) - 1)

for n in range(0, len(good), 16):
    try:
        linnet.load(good[:n])
        print("opened", n)
    except ValueError:
        pass

# With the CRC made right again the ladder must find it, or it is harmless.
arena = bytearray(64)
opened = 0
state = 1
for i in range(150):
    blob = bytearray(good)
    state = (state * 1103515245 + 12345) & 0x3FFFFFFF
    at = state >> 8
    at %= 240 if i % 2 else len(good)
    blob[at] = (blob[at] + 1 + (state & 127)) & 255
    try:
        m = linnet.load(seal(blob), arena)
        opened += 1
        m.invoke()
    except (ValueError, UnicodeError):
        pass
print(opened > 0, opened < 150)
