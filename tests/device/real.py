# Real numbers: predict(real=True), nested lists, classify.

from array import array

import linnet
from tiny import negate, plain, two

m = linnet.load(negate())
x = array("b", [3, -5, 100, -100])
print(plain(m.predict([x])[0]))
print(plain(m.predict([x], real=True)[0]))
print(plain(m.predict([[[0.5, 1.0], [1.5, -1.0]]])[0]))
print(m.classify(x))

m = linnet.load(two())
print([plain(y) for y in m.predict([x[:3], x[:2]], real=True)])
