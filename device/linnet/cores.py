"""Both cores of a chip at one model: load(name, cores=2), for a blob that was packed with --cores 2.

The other core runs the second operator of each pair (the lower rows of a layer) while this one runs the first. It is taken by the
first such model and then serves all of them, one inference at a time; a program cannot have it for a thread of its own as well.
"""

import _thread

_PAIRS = 6  # a key of STRINGS: FORMAT.md, section 6
_LAYERS = 1, 2  # codes of operators that take no address from what lies in the arena, whatever a blob says of them
_worker = None


class _Worker:
    def __init__(self):
        self._begin, self._done = _thread.allocate_lock(), _thread.allocate_lock()
        self._begin.acquire()
        self._done.acquire()
        self._busy = False
        self._native, self._operator = None, 0
        _thread.start_new_thread(self._work, ())

    def _work(self):
        while True:
            self._begin.acquire()
            self._native.run(self._operator, self._operator + 1)
            self._done.release()

    def start(self, native, operator):
        self.wait()  # an inference may have been broken off
        self._native, self._operator = native, operator
        self._busy = True
        self._begin.release()

    def wait(self):
        if self._busy:
            self._done.acquire()
            self._busy = False


class Both:
    """A model's operators on both cores."""

    def __init__(self, native, name):
        global _worker
        pairs = native.string(_PAIRS)
        if not pairs:
            raise ValueError("%s: not packed for two cores: linnet pack --cores 2" % name)
        self._native = native
        self._pairs = [int(word) for word in pairs.split()]
        for pair in self._pairs:
            if native.operator(pair)[0] not in _LAYERS or native.operator(pair + 1)[0] not in _LAYERS:
                raise ValueError("%s: operator %d is not one of a pair: pack it again" % (name, pair))
        if not _worker:
            _worker = _Worker()

    def run(self, first, last):
        """Operators first ... last - 1; nothing is allocated."""
        run = self._native.run
        for pair in self._pairs:
            if first <= pair and pair + 1 < last:
                run(first, pair)
                _worker.start(self._native, pair + 1)
                run(pair, pair + 1)
                _worker.wait()
                first = pair + 2
        run(first, last)
