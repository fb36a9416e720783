"""Linnet: neural networks on MicroPython.

    import linnet
    m = linnet.load("kws")          # /rom/kws.linnet, /models/kws.linnet, ...
    y = m.predict([x])              # x: any buffer; y: [array, ...]
    print(m)
"""

from .installed import check

check(globals().get("__file__", ""))

from .model import Model, load  # noqa: E402

__version__ = "0.1.0"
