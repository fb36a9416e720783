"""A blob run as a board does whose RAM its weights do not fit in: through a window, the same C."""

import ctypes
import zlib

from linnet.core import Opened, PartStruct, aligned, library
from linnet.errors import LinnetError
from linnet.window import LEAST_BYTES, tables_bytes


class Windowed(Opened):
    """An Opened blob of which only the tables and `window_bytes` of weights are in the memory that the core sees."""

    def __init__(self, blob, window_bytes, arena=None, name="blob"):
        """As Opened. Raises LinnetError that names the operator which is larger than the window, too."""
        self.file = bytearray(blob)
        self._window = aligned(max(window_bytes, LEAST_BYTES))
        self._part = PartStruct()
        super().__init__(blob, arena, name)

    def _open(self):
        # As what a board has in memory: no more than that.
        self._n_tables = min(tables_bytes(self.file), len(self.file))
        tables = aligned(self._n_tables)
        tables[:] = self._blob[: self._n_tables]
        self._blob = tables
        crc = zlib.crc32(memoryview(self.file)[16:])
        status = library().linnet_open_tables(self._struct, tables.ctypes.data, len(tables), len(self.file), crc, None)
        n_operators = 0 if status else int(tables[28:30].view("<u2")[0])
        self._part = PartStruct()
        while self._part.last < n_operators and not status:
            status = self._bring(self._part.last)
        return status

    def _bring(self, operator):
        """Fills the window for an operator and its like; the status of their checks."""
        if self._part.first <= operator < self._part.last:
            return 0
        part = library().linnet_part(self._struct, operator, len(self._window))
        if part.bytes > len(self._window):
            raise LinnetError(
                f"{self._name}: operator {operator} has {part.bytes} bytes of constants, the window {len(self._window)}; "
                f"pack the model with --window {len(self._window)}"
            )
        self._part = PartStruct()
        start = self._n_tables + part.offset
        self._window[: part.bytes] = memoryview(self.file)[start : start + part.bytes]
        status = library().linnet_place(self._struct, self._window.ctypes.data, ctypes.byref(part))
        if not status:
            self._part = part
        return status

    def run(self, first, last):
        """Runs operators [first, last) on what lies in the arena."""
        while first < last:
            self._raise_if_bad(self._bring(first))
            end = min(last, self._part.last)
            super().run(first, end)
            first = end
