# What goes in and comes out: raw bytes, int8, real numbers, several inputs and outputs.

from array import array

import linnet
from tiny import negate, plain, two

m = linnet.load(negate())
for x in (
    b"\x00\x01\x02\xfd",
    bytearray(b"\x00\x01\x02\xfd"),
    memoryview(b"..\x00\x01\x02\xfd")[2:],
    array("b", [0, 1, 2, -3]),
    array("f", [0.5, 1.0, 1.5, -1.0]),
):
    print(plain(m.predict([x])[0]))

# Halves round away from zero, what is out of range saturates.
for x in ([0.25, -0.25, 0.24, -0.24], [1e9, -1e9, 63.5, -64.0], [float("inf"), float("-inf"), float("nan"), 0.0]):
    print([-1 - q for q in plain(m.predict([array("f", x)])[0])])

m = linnet.load(two())
print([plain(y) for y in m.predict([array("b", [2, 6, -2]), bytes((0, 255))])])
print([plain(y) for y in m.predict([array("f", [1.0, -1.0, 0.0]), array("f", [-256.0, 10.0])])])
y = [array("f", [0.0] * 3), bytearray(2)]
m.run([array("b", [2, 6, -2]), bytes((7, 8))], y)
print(list(y[0]), list(y[1]))
