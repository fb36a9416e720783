# A model is opened, described, run and proved.

from array import array

import linnet
from tiny import negate, plain

m = linnet.load(negate())
print(m)
print(repr(m))
print(plain(m.predict([array("b", [0, 1, 2, -3])])[0]))

y = bytearray(4)
m.run(b"\x00\x01\x7f\x80", y)
print(list(y))

print(m.selftest())
