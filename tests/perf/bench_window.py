"""Visual wake words with all its weights on the emulated Pico, whose RAM they do not fit in: through a window, from LittleFS.

usage: bench_window.py [WINDOW_BYTES]

Prints heap in use and time by the emulator's clock. Fails where a result differs, or more heap is in use than was stated.
"""

import json
import sys
import tempfile
from pathlib import Path

from linnet.deploy import deploy
from linnet.emulate import Emulator
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.packer import pack
from linnet.transport import Connection
from linnet.way import Way
from linnet.window import tables_bytes, window_ram_bytes

MODEL = Path(__file__).resolve().parents[3] / "shared" / "models" / "vww_96_int8.tflite"
BOARD = "RPI_PICO"

HEAP = """
import gc, json, linnet, linnet.window, _linnet, _linnet_shapes
from time import ticks_diff, ticks_us
gc.collect()
before = gc.mem_alloc()
model = linnet.load({path!r}{arguments})
gc.collect()
after = gc.mem_alloc()
start = ticks_us()
model.invoke()
us = ticks_diff(ticks_us(), start)
print(json.dumps([after - before, us, model.selftest(), gc.mem_free()]))
"""


def main(window_bytes=32768):
    way = Way(window=window_bytes)
    data = pack(MODEL, core="armv6m", layout="size", drop_constants=False, window=window_bytes)
    arena_bytes = Model(data).ram
    with tempfile.TemporaryDirectory() as folder, Emulator(BOARD, state_dir=Path(folder) / "board") as board:
        blob = Path(folder) / "vww.linnet"
        blob.write_bytes(data)
        with Connection(board.port) as connection:
            deployed = deploy(connection, blob, way=way)
            connection.soft_reset()
            answer = connection.exec(HEAP.format(path=deployed.path, arguments=way.arguments), timeout_s=600)
    heap_bytes, us, n_golden, free_bytes = json.loads(answer)
    stated = arena_bytes + window_ram_bytes(data, window_bytes)
    print(f"{BOARD}, emulated: blob {len(data)} bytes, window {window_bytes}, arena {arena_bytes}, tables {tables_bytes(data)}")
    print(f"heap in use after load {heap_bytes} (stated {stated}), free {free_bytes}; {us} us an inference; {n_golden} vectors exact")
    return 0 if heap_bytes <= stated and n_golden == 2 else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*map(int, sys.argv[1:])))
    except LinnetError as error:
        sys.exit(f"bench_window.py: {error}")
