"""Weights larger than RAM: the file's tables are in memory, its weights are read through a window as operators want them."""

from struct import pack, unpack, unpack_from

from .files import allocate, in_place

_WEIGHTS, _GOLDEN = 5, 6  # sections: FORMAT.md, section 2


def tables(path, window_bytes):
    """What _linnet.Model takes of a file: all of it that lies before the weights, and (file, length, window). Where the file can
    be used in place: that, and ()."""
    file = open(path, "rb")
    blob = in_place(file)
    if blob is not None:
        return blob, ()
    n_bytes = file.seek(0, 2)
    weights = section(file, _WEIGHTS)
    # Of a blob without weights, or what is none at all: the whole of it.
    blob = allocate(min(weights[0], n_bytes) if weights else n_bytes, path)
    file.seek(0)
    if file.readinto(blob) != len(blob):
        raise OSError(5, path)
    return blob, (file, n_bytes, allocate(max(16, window_bytes), "window"))


def section(file, wanted):
    """(offset, bytes) of a section, None where the file has none. Nothing is checked here: the native module does that."""
    file.seek(0)
    head = file.read(32)
    if len(head) == 32:
        for _ in range(unpack_from("<H", head, 24)[0]):
            row = file.read(16)
            if len(row) < 16:
                break
            kind, _, offset, n_bytes, _ = unpack("<HHIII", row)
            if kind == wanted:
                return offset, n_bytes
    return None


class Vectors:
    """The golden vectors of a model in a file: n of them."""

    def __init__(self, model, file):
        self._native, self._arena, self._file = model._native, model.arena, file
        info = model._native.info()
        self._inputs = [unpack("<II", model._native.tensor(i)[:8]) for i in info[5]]  # (offset, bytes)
        self._n_output_bytes = sum(_padded(unpack("<II", model._native.tensor(i)[:8])[1]) for i in info[6])
        self._at, self.n = section(file, _GOLDEN) or (0, 0)
        if self.n:
            file.seek(self._at)
            self.n = unpack("<H", file.read(2))[0]

    def bring(self, number):
        """Fills in the inputs of vector `number`; the native module then has it as its vector 0."""
        file = self._file
        at = self._at + 4
        while True:
            file.seek(at)
            seed = unpack("<I", file.read(4))[0]
            n_input_bytes = 0 if seed else sum(_padded(n_bytes) for _, n_bytes in self._inputs)
            if not number:
                break
            number -= 1
            at += 4 + n_input_bytes + self._n_output_bytes
        file.seek(at + 4 + n_input_bytes)
        self._native.golden(pack("<HHI", 1, 0, seed or 1) + file.read(self._n_output_bytes))
        self._native.fill(0)
        if not seed:
            at += 4
            arena = memoryview(self._arena)
            for offset, n_bytes in self._inputs:
                file.seek(at)
                file.readinto(arena[offset : offset + n_bytes])
                at += _padded(n_bytes)
        return 0


def _padded(n_bytes):
    return (n_bytes + 3) & ~3
