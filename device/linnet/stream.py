"""Records to the host: one JSON text a line, framed as RFC 7464 says, so that plain prints may come between.

    from linnet.stream import emit
    emit(label="yes", score=0.93, us=8123)

`linnet stream` decodes them; in a terminal they are readable lines.
"""

import json
import sys


def emit(**fields):
    """Sends one record. Values: numbers, str, bool, None, lists and dicts of them."""
    send(json.dumps(fields))


def send(text):
    """Sends one record whose JSON the caller has written already. One write, so that it stays in one piece."""
    sys.stdout.write("\x1e" + text + "\n")


class Stream:
    """Records of one shape, without a dict each: the names are formatted once.

        out = Stream("label", "score", "us")
        out.emit("yes", 0.93, 8123)

    A str is quoted by json.dumps; int, float, bool and None are written as they are; so are lists.
    """

    def __init__(self, *names):
        self._format = "\x1e{" + ", ".join('"%s": %%s' % name for name in names) + "}\n"

    def emit(self, *values):
        """Sends one record: the values in the order of the names."""
        sys.stdout.write(self._format % tuple([json.dumps(value) for value in values]))
