"""The board's device/linnet/cores.py on the host: two threads at one model, over the same C core."""

from concurrent.futures import ThreadPoolExecutor

from linnet.errors import LinnetError
from linnet.pairs import pairs_of


class Both:
    """The operators of an open model (core.Opened) of a blob.Blob, the second one of each pair in a thread of its own."""

    def __init__(self, opened, blob, name):
        self._opened, self._pairs = opened, pairs_of(blob)
        if not self._pairs:
            raise LinnetError(f"{name}: is not packed for two cores: linnet pack --cores 2")
        self._other = ThreadPoolExecutor(1)

    def invoke(self):
        """One inference on what lies in the arena."""
        opened = self._opened
        first = opened.n_reset
        for pair in self._pairs:
            opened.run(first, pair)
            second = self._other.submit(opened.run, pair + 1, pair + 2)
            opened.run(pair, pair + 1)
            second.result()
            first = pair + 2
        opened.run(first, opened.n_operators)
