# Models that take turns share an arena; the outputs of each are its own.

import gc
from array import array

import linnet
from tiny import negate, plain, two

arena = bytearray(64)
a = linnet.load(negate(), arena)
b = linnet.load(two(), a.arena)
for i in range(3):
    ya = a.predict([array("b", [i, i, i, i])])
    yb = b.predict([array("b", [i, i, i]), bytes((i, i))])
    print(plain(ya[0]), [plain(y) for y in yb])
print(a.selftest(), list(arena) == list(b.arena))

# Nothing but the model keeps its blob and arena.
models = [linnet.load(negate()) for _ in range(8)]
gc.collect()
litter = [bytearray(b"\xff" * 600) for _ in range(20)]
print([m.selftest() for m in models])
