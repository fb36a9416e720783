# Reads a digit that you draw, with real numbers in and out. First, on the PC: linnet deploy digits.linnet

from array import array

import linnet

DRAWING = """
. . # # # . . .
. # # # # # . .
. . . . # # . .
. . . # # . . .
. . . # # # . .
. . . . . # # .
. # . . # # # .
. # # # # # . .
"""

model = linnet.load("digits")
print(model)

x = array("f", [1.0 if c == "#" else 0.0 for c in DRAWING if c in "#."])
label, score = model.classify(x)
print("This is a", label, "(%d %%)" % (100 * score))

for label, score in zip(model.labels, model.predict([x], real=True)[0]):
    print(label, "#" * int(40 * score + 0.5))
