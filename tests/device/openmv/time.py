# A stand-in for what OpenMV adds to time (docs.openmv.io/library/time.html): clock. The rest is the board's own.

from utime import *
import utime

at_tick = []  # what other stand-ins do while an example waits for its clock

class clock:
    def __init__(self):
        self.reset()

    def reset(self):
        self._since, self._frames, self._start = 0, 0, utime.ticks_us()

    def tick(self):
        for function in at_tick:
            function()
        self._start = utime.ticks_us()

    def fps(self):
        return 1000 / self.avg()

    def avg(self):
        self._since += max(1, utime.ticks_diff(utime.ticks_us(), self._start))
        self._frames += 1
        return self._since / self._frames / 1000
