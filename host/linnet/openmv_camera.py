"""Streams from an OpenMV camera over the protocol of OpenMV IDE, through OpenMV's own package: what the camera sees comes along.

Firmware 5 and later. The plain REPL (stream.py) needs no package and works with any firmware, but brings only the frames
that a program sends.
"""

import time

from .errors import LinnetError
from .records import Damaged, Record, RecordReader
from .stream import Streamed

LOOK_S = 0.005  # how long a camera with nothing to say is left alone


def find(port=None):
    """The port given, or that of the one OpenMV camera that is plugged in. LinnetError where there is none, or more."""
    from .target import plugged_in

    if port:
        return port
    there = [where for where, boards in plugged_in() if any(board.port == "openmv" for board in boards)]
    if len(there) != 1:
        raise LinnetError(f"{len(there)} OpenMV cameras are plugged in: name one's port with --port")
    return there[0]


def stream_camera(port, program, on_record, on_text=None, on_damaged=None, stop=None):
    """Runs program (source text) on the camera until stop() is true: it does not say when a program has ended. Returns a Streamed.

    on_record(value) gets what each record's JSON says, and {"frame": {...}} (frames.py) for each frame that the camera shows;
    on_text and on_damaged get lines, as stream.stream's do. Raises LinnetError without the package or the camera.
    """
    try:
        from openmv import Camera, OMVException
    except ImportError:
        raise LinnetError("OpenMV's protocol wants OpenMV's package: pip install openmv; without --openmv it is not needed") from None
    streamed, reader = Streamed(), RecordReader()
    stop = stop or (lambda: False)

    def hand_on(items):
        for item in items:
            if isinstance(item, Record):
                streamed.records += 1
                on_record(item.value)
            else:
                streamed.damaged += isinstance(item, Damaged)
                handler = on_damaged if isinstance(item, Damaged) else on_text
                if handler:
                    handler(item.line)
            if stop():
                return

    try:
        with Camera(port) as camera:
            camera.stop()
            camera.exec(program)
            camera.streaming(True)
            try:
                while not stop():
                    text, frame = camera.read_stdout(), camera.read_frame()
                    hand_on(reader.feed(text.encode()) if text else ())
                    if frame and not stop():
                        streamed.records += 1
                        sizes = {"width": frame["width"], "height": frame["height"]}
                        on_record({"frame": {"kind": "rgb888", **sizes, "pixels": frame["data"]}})
                    if not text and not frame:
                        time.sleep(LOOK_S)
                hand_on(reader.flush())
            finally:
                camera.streaming(False)
                camera.stop()
    except OMVException as error:
        raise LinnetError(f"{port}: {error}; is OpenMV IDE disconnected from it, and the firmware 5 or later?") from None
    except SystemExit:  # the package's answer to a port that vanishes
        raise LinnetError(f"{port}: the camera is gone; check its cable") from None
    return streamed
