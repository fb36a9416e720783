"""Linnet: neural networks on MicroPython.

    import linnet
    m = linnet.load("kws")          # /rom/kws.linnet, /models/kws.linnet, ...
    y = m.predict([x])              # x: any buffer; y: [array, ...]
    print(m)
"""

import gc

from .installed import check

check(globals().get("__file__", ""))

# What an import keeps would else lie scattered among what it drops, over the whole heap: a model wants large pieces of it.
_threshold = gc.threshold()
gc.threshold(2048)
try:
    from .model import Model, load
finally:
    gc.threshold(_threshold)

__version__ = "0.1.0"
