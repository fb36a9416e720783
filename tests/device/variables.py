# A variable keeps its value from run to run; reset() gives it its first one again, and so does what looks inside.

from array import array

import linnet
from tiny import counter, negate, plain

m = linnet.load(counter())
x = array("b", [1, 1, 1, 1])
for i in range(3):
    print(plain(m.predict([x])[0]))
m.invoke()
m.reset()
print(plain(m.predict([x])[0]))

print(m.selftest(), plain(m.predict([x])[0]))
print(plain(m.peek(1, [x])), plain(m.peek(1)), plain(m.peek(2)), plain(m.peek(0)))
print([name for name, us in m.profile()], plain(m.predict([x])[0]))

# Another model in its arena: it must be told to start anew.
other = linnet.load(negate(), m.arena)
other.predict([x])
m.reset()
print(plain(m.predict([x])[0]))
