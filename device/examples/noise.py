# Streams classifications of a digit that drowns in noise: linnet stream device/examples/noise.py

from array import array
from random import getrandbits
from time import sleep_ms, ticks_diff, ticks_us

import linnet
from linnet.stream import emit

DRAWING = """
. . . # # . . .
. . # # # . . .
. . . # # . . .
. . . # # . . .
. . . # # . . .
. . . # # . . .
. . . # # . . .
. . # # # # . .
"""

model = linnet.load("digits")
clean = [1.0 if c == "#" else 0.0 for c in DRAWING if c in "#."]
x = array("f", clean)

for percent in range(0, 101, 5):
    for i in range(len(x)):
        x[i] = clean[i] + percent / 100 * (getrandbits(8) / 255 - clean[i])
    start = ticks_us()
    label, score = model.classify(x)
    emit(noise_percent=percent, label=label, score=score, us=ticks_diff(ticks_us(), start))
    sleep_ms(100)
