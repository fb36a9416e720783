# Weights read from a file through a window: the same results, nothing allocated, damage seen whenever it comes about.

import gc
import os
from array import array

import linnet
import micropython
from tiny import counter, moved, negate

PATH = "/window.linnet"


def write(blob):
    with open(PATH, "wb") as file:
        file.write(blob)


def attempt(what, function):
    try:
        print(what, function())
    except (OSError, ValueError) as e:
        print(what, type(e).__name__, e)


x = array("b", [1, -2, 100, -128])
for window in 256, 300, 5000:
    write(negate())
    m = linnet.load(PATH, window=window)
    print(window, m.name, m.labels, m.len == len(negate()), m.selftest(), list(m.predict([x])[0]))
y = bytearray(4)
m.run(x, y)
gc.collect()
micropython.heap_lock()
m.run(x, y)
m.invoke()
micropython.heap_unlock()
print(list(y), [name for name, us in m.profile()], list(m.peek(0)))

# Variables, and constants that are tensors.
write(counter())
m = linnet.load(PATH, window=16)
print(m.selftest(), list(m.predict([bytes(4)])[0]), list(m.predict([bytes(4)])[0]))
m.reset()
print(list(m.predict([bytes(4)])[0]))

# A blob without weights.
write(moved(1, 4))
print(list(linnet.load(PATH, window=16).predict([x])[0]))

# Too small, cut short, damaged.
write(negate())
attempt("small:", lambda: linnet.load(PATH, window=255))
blob = negate()
write(blob[:-16])
attempt("short:", lambda: linnet.load(PATH, window=256))
blob[len(blob) // 2] ^= 1
write(blob)
attempt("damaged:", lambda: linnet.load(PATH, window=256))
write(b"not a blob")
attempt("text:", lambda: linnet.load(PATH, window=256))

os.remove(PATH)
