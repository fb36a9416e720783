# A stand-in for ulab.numpy: arrays that share memory with a buffer, have a shape, and are buffers themselves.

from array import array as _array

uint8, int8, uint16, int16, float = (ord(letter) for letter in "BbHhf")


class ndarray(memoryview):
    def __init__(self, buffer, dtype, shape):
        super().__init__(buffer)
        self.dtype, self.shape = dtype, shape
        self.itemsize = {"H": 2, "h": 2, "f": 4}.get(chr(dtype), 1)
        self.size = len(self)

    def reshape(self, shape):
        n = 1
        for dimension in shape:
            n *= dimension
        if n != self.size:
            raise ValueError("shape")
        return ndarray(self, self.dtype, shape)

    def flatten(self):
        return array(list(self), self.dtype)

    def tolist(self):
        return list(self)

    def __mul__(self, factor):
        return array([value * factor for value in self]).reshape(self.shape)


def array(values, dtype=float):
    return ndarray(_array(chr(dtype), values), dtype, (len(values),))


def frombuffer(buffer, dtype=float):
    return ndarray(buffer, dtype, (len(memoryview(buffer)),))
