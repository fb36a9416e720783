# Tensors between the operators, and a time for every operator.

from array import array

import linnet
from tiny import negate, plain

m = linnet.load(negate())
x = array("b", [10, 20, 30, -40])
for i in range(2):
    print(plain(m.peek(i, [x])), plain(m.peek(i)))
print(plain(m.peek(0)))
for times in m.profile(), m.profile([x]):
    print([(name, us >= 0) for name, us in times])
