# What is wrong is said in a few words, with both numbers where there are two.

from array import array

import linnet
from tiny import negate, seal


def attempt(function, *args):
    try:
        print("no error:", function(*args))
    except (ValueError, TypeError, OSError) as error:
        print(type(error).__name__, error)


m = linnet.load(negate())
attempt(m.predict, [b"123"])
attempt(m.predict, [array("f", [1.0] * 5)])
attempt(m.predict, [array("h", [1, 2])])
attempt(m.predict, [])
attempt(m.predict, [b"1234", b"1234"])
attempt(m.run, b"1234", bytearray(5))
attempt(m.run, b"1234", [])
attempt(m.peek, 2)
attempt(m.peek, -1)
attempt(linnet.load, "nowhere/at_all")
attempt(linnet.load, "at_all")
attempt(linnet.load, negate(), bytearray(16))
attempt(linnet.load, negate(), memoryview(bytearray(64))[4:])

# One bad blob for a rung or two of the ladder; tests/blob has them all.
blob = negate()
attempt(linnet.load, blob[:16])
attempt(linnet.load, blob[:64])
attempt(linnet.load, memoryview(bytes(2) + bytes(blob))[2:])
blob[0] = 0
attempt(linnet.load, blob)
blob = negate()
blob[100] ^= 1
attempt(linnet.load, blob)
attempt(linnet.load, seal(blob))

# A buffer that is both.
both = bytearray(negate())
attempt(linnet.load, both, both)

# Golden vectors that do not come out: the table gives something else.
blob = negate()
at = bytes(blob).find(bytes(range(255, 200, -1)))
blob[at + 1] ^= 1
m = linnet.load(seal(blob))
attempt(m.selftest)
