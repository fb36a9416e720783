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


def emit_frame(img, **fields):
    """Sends one record with a camera's frame, of which `linnet stream --frames DIR` makes a PNG file.

    img: an OpenMV image or a linnet.images.Image, not compressed. It goes out in small pieces, and no copy of it is made.
    """
    from binascii import b2a_base64

    pixels = memoryview(img.bytearray() if hasattr(img, "bytearray") else img.pixels)
    kinds = {1: "gray", 2: "rgb565", 3: "rgb888"}
    kind = "rgb565_big" if img.format() == 4 else kinds.get(len(pixels) // (img.width() * img.height()))
    if kind is None:
        raise ValueError("frame: take GRAYSCALE or RGB565 frames")
    head = json.dumps(fields)[1:-1] + ", " if fields else ""
    write = sys.stdout.write
    write('\x1e{%s"frame": {"width": %d, "height": %d, "kind": "%s", "pixels": "' % (head, img.width(), img.height(), kind))
    for start in range(0, len(pixels), 768):
        write(b2a_base64(pixels[start : start + 768])[:-1].decode())
    write('"}}\n')


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
