"""Putting a model on a board so that it is sure to run: ask, check, install what changed, prove it there."""

import json
from dataclasses import dataclass
from pathlib import Path

from linnet.errors import LinnetError
from linnet.payload import payload
from linnet.probe import BoardFacts, probe
from linnet.transport import BoardError
from linnet.upload import Summary, install

MODELS = "/models"
BLOCK_BYTES = 4096  # of a board's filesystem: each file takes whole ones

WORKSPACE_BYTES = 8192  # of heap that a program around the model gets at the least

# Whether the library loads, and whether the heap then has room for these buffers, the largest first.
ROOM = """
import gc
import linnet
gc.collect()
free = gc.mem_free()
try:
    buffers = [bytearray(n) for n in {sizes}]
    print(free, 1)
except MemoryError:
    print(free, 0)
"""

PROVE = """
import gc, json, linnet
from time import ticks_us, ticks_diff
gc.collect()
t = ticks_us()
model = linnet.load({path!r})
load_us = ticks_diff(ticks_us(), t)
golden = model.selftest() if {selftest} else None
t = ticks_us()
model.invoke()
run_us = ticks_diff(ticks_us(), t)
gc.collect()
print(json.dumps([load_us, run_us, model.ram, gc.mem_free(), golden]))
"""


@dataclass
class Deployed:
    """What deploy() found and did."""

    facts: BoardFacts
    summary: Summary
    path: str  # of the model, on the board
    load_us: int
    inference_us: int
    ram_bytes: int  # arena and state of the model
    free_heap_bytes: int  # with the model loaded
    n_golden: int | None  # vectors replayed; None: not asked for


def deploy(connection, blob_path, selftest=True, progress=None):
    """Installs Linnet and the blob on the connected board and runs it there once.

    connection: an open Connection. progress(path, done_bytes, size_bytes). Returns a Deployed. Raises LinnetError, the
    board being as before, where the blob is bad or cannot run there.
    """
    from linnet.model import load

    model = load(blob_path)  # the whole ladder of checks, before anything is sent
    blob = Path(blob_path).read_bytes()
    facts = probe(connection)
    path = f"{facts.root}{MODELS}/{Path(blob_path).stem}.linnet"
    library = payload(facts)
    files = library | {path: blob}
    _check_flash(facts, files)
    _check_heap(facts, library, blob, model)
    summary = install(connection, library, progress)
    _check_room(connection, facts, blob, model)
    connection.soft_reset()  # gives back what the check took
    model_summary = install(connection, {path: blob}, progress)
    connection.soft_reset()
    text = connection.exec(PROVE.format(path=path, selftest=selftest), timeout_s=600).decode().strip()
    load_us, run_us, ram_bytes, free_heap_bytes, n_golden = json.loads(text.splitlines()[-1])
    return Deployed(facts, _sum(summary, model_summary), path, load_us, run_us, ram_bytes, free_heap_bytes, n_golden)


def _sum(a, b):
    numbers = {k: getattr(a, k) + getattr(b, k) for k in vars(a)}
    return Summary(**numbers)


def _check_flash(facts, files):
    if facts.free_flash_bytes is None:
        raise LinnetError(f"{facts.machine}: has no filesystem to install to; format one, or build the model into the firmware")
    largest = max(-(-len(data) // BLOCK_BYTES) * BLOCK_BYTES for data in files.values())
    if largest > facts.free_flash_bytes:
        raise LinnetError(
            f"{facts.machine}: {largest} bytes of flash are needed for one file, {facts.free_flash_bytes} are free; remove files"
        )


def _check_heap(facts, library, blob, model):
    """A first look, before anything is sent: what needs more than the whole free heap cannot fit."""
    module_bytes = sum(len(data) for path, data in library.items() if path.endswith("/_linnet.mpy"))
    needed = len(blob) + model.ram + module_bytes
    if needed > facts.free_heap_bytes:
        raise _too_large(facts, blob, model, facts.free_heap_bytes, f" and the native module {module_bytes}" if module_bytes else "")


def _check_room(connection, facts, blob, model):
    """The exact answer: with the library loaded, are there two free stretches of these lengths?"""
    connection.soft_reset()
    sizes = sorted((len(blob), model.ram, WORKSPACE_BYTES), reverse=True)
    try:
        free, fits = connection.exec(ROOM.format(sizes=sizes)).split()
    except BoardError as error:
        raise LinnetError(f"{facts.machine}: Linnet does not load there: {error}") from None
    if not int(fits):
        raise _too_large(facts, blob, model, int(free), "")


def _too_large(facts, blob, model, free_bytes, extra):
    return LinnetError(
        f"{facts.machine}: the model does not fit: its blob takes {len(blob)} bytes of heap, its arena {model.ram}{extra}; "
        f"{free_bytes} are free; use a smaller model or a board with more RAM"
    )
