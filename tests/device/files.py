# Models as files: found by name in the usual folders.

import os

import linnet
from tiny import negate

with open("tiny_test.linnet", "wb") as file:
    file.write(negate())
try:
    for name in "tiny_test", "tiny_test.linnet", "./tiny_test":
        m = linnet.load(name)
        print(m.name, m.len, m.selftest())
finally:
    os.remove("tiny_test.linnet")
