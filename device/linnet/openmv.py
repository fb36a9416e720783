"""predict() as OpenMV's ml.Model has it: images, ndarrays and callables go in, real numbers or a post-processor's result come out.

Loaded at the first such call (device/linnet/model.py): who predicts on buffers alone does not pay for it.
"""

import struct
from array import array

from uctypes import addressof, bytearray_at

from .model import _ROW, _flat

try:
    from ulab import numpy
except ImportError:
    numpy = None

_PLAIN = bytes, bytearray, memoryview, array
_NDARRAY = numpy.ndarray if numpy else None


class Frontend:
    """What predict needs beside the model. Allocates here, at the first image of a size, and at the first real outputs."""

    def __init__(self, model):
        self._model = model
        native, start = model._native, addressof(model.arena)
        self._views = []  # the inputs, where they lie in the arena: nothing is copied there
        for index in native.info()[5]:
            row = struct.unpack(_ROW, native.tensor(index))
            self._views.append(bytearray_at(start + row[0], row[1]))
        self._given = [None] * len(self._views)  # for the core
        self._bound = [None] * len(self._views)  # for the post-processor
        self._images = [None] * len(self._views)
        self._raw, self._real = self._shaped(model._raw), None

    def predict(self, inputs, real, callback):
        model, is_like_ml = self._model, False
        if len(inputs) != len(self._views):
            raise ValueError("inputs: %d wanted, %d given" % (len(self._views), len(inputs)))
        for i in range(len(inputs)):
            if self._put(i, inputs[i]):
                is_like_ml = True
        callback = callback or model.postprocess
        real = not callback and (is_like_ml if real is None else real)
        outputs = (model._real or model._make_real()) if real else model._raw
        model.run(self._given, outputs)
        if callback:
            return callback(model, self._bound, self._raw)
        if not real:
            return self._raw
        self._real = self._real or self._shaped(outputs, True)
        return self._real

    def _put(self, i, x):
        """Readies input i. True for what ml.Model takes as well, False for a plain buffer, which is raw."""
        self._given[i] = self._bound[i] = x
        kind = type(x)
        if kind in _PLAIN:
            return False
        if kind is list:
            self._given[i] = _flat(x)
            return False
        if kind is _NDARRAY:
            # An ndarray holds real numbers, whatever its dtype, and is quantized.
            self._given[i] = x if x.itemsize == 4 else x * 1.0
            return True
        view, shape, letter = self._views[i], self._model.input_shape[i], ord(self._model.input_dtype[i])
        if not callable(x):
            x = (self._images[i] or self._make_image(i))(x)
        if hasattr(x, "fill"):
            x.fill(view, shape, letter, self._model.input_scale[i], self._model.input_zero_point[i])
        else:
            x(view, shape, letter)
        self._given[i], self._bound[i] = view, x
        return True

    def _make_image(self, i):
        from .images import Normalization

        self._images[i] = Normalization()
        return self._images[i]

    def _shaped(self, arrays, is_real=False):
        """The arrays as ndarrays of the outputs' shapes over the same memory, where there is ulab and it has the dtype."""
        if not numpy:
            return arrays
        dtypes = {"b": numpy.int8, "B": numpy.uint8, "h": numpy.int16, "f": numpy.float}
        shaped = []
        for y, shape, letter in zip(arrays, self._model.output_shape, self._model.output_dtype):
            dtype = dtypes.get("f" if is_real and letter in "bBh" else letter)
            shaped.append(y if dtype is None else numpy.frombuffer(y, dtype=dtype).reshape(shape))  # type: ignore[attr-defined]  # not in CircuitPython's ulab
        return shaped
