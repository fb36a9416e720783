# predict and run allocate nothing.

import gc
from array import array

import linnet
import micropython
from tiny import negate, two


def check(what, function):
    gc.collect()
    before = gc.mem_alloc()
    micropython.heap_lock()
    try:
        function()
        function()
    finally:
        micropython.heap_unlock()
    print(what, gc.mem_alloc() - before)


m = linnet.load(negate())
x = [array("b", [1, 2, 3, 4])]
real = [array("f", [1.0, 2.0, 3.0, 4.0])]
y = bytearray(4)
m.predict(x, True)
check("predict", lambda: m.predict(x))
check("predict float32", lambda: m.predict(real))
check("predict real", lambda: m.predict(x, True))
check("run", lambda: m.run(x[0], y))
check("invoke", lambda: m.invoke())

m = linnet.load(two())
x = (b"123", b"12")
check("predict two", lambda: m.predict(x))
y = (array("f", [0.0] * 3), bytearray(2))
check("run two", lambda: m.run(x, y))
