"""Linnet: neural networks on MicroPython.

    import linnet
    m = linnet.load("kws")          # /rom/kws.linnet, /models/kws.linnet, ...
    y = m.predict([x])              # x: any buffer; y: [array, ...]
    print(m)
"""

from .model import Model, load

__version__ = "0.1.0"
