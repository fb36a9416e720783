"""Putting a model on a board so that it is sure to run: ask, check, install what changed, prove it there."""

import time
from dataclasses import dataclass
from pathlib import Path

from linnet import layouts, romfs
from linnet.errors import LinnetError
from linnet.importers import is_model
from linnet.layouts import CODES
from linnet.model import Model
from linnet.payload import JOURNAL, native_modules, payload, tuned_core
from linnet.probe import BoardFacts, probe
from linnet.prove import prove
from linnet.rollback import MODELS, restore
from linnet.transport import BoardError
from linnet.upload import Summary, install
from linnet.way import Way

BLOCK_BYTES = 4096  # of a board's filesystem: each file takes whole ones

WORKSPACE_BYTES = 8192  # of heap that a program around the model gets at the least

# Whether the library loads, and whether the heap then has room for these buffers, the largest first.
ROOM = """
import gc
import linnet
for name in {modules}:
    __import__(name)
gc.collect()
free = gc.mem_free()
try:
    buffers = [bytearray(n) for n in {sizes}]
    print(free, 1)
except MemoryError:
    print(free, 0)
"""


@dataclass
class Deployed:
    """What deploy() found and did."""

    facts: BoardFacts
    summary: Summary
    modules: list  # names of the native modules that the model needs there; none where they are built in
    path: str  # of the model, on the board
    blob: bytes  # what was installed there
    load_us: int
    inference_us: int
    ram_bytes: int  # arena and state of the model
    free_heap_bytes: int  # with the model loaded
    n_golden: int | None  # vectors replayed; None: not asked for


def deploy(connection, path, selftest=True, progress=None, labels=None, allow_float=False, way=Way()):
    """Installs Linnet and a model on the connected board and runs it there once.

    connection: an open Connection. path: a blob, or a .tflite or .onnx file, which is packed for the board's core, in the fastest
    layout that fits; labels and allow_float are then as for packer.pack. progress(path, done_bytes, size_bytes). way: where the
    weights are while it runs (linnet.way). Returns a Deployed. Raises LinnetError, the board being as before, where the model is bad or cannot run there; a model that fails its
    proof there gives way to the one before it.
    """
    path = Path(path)
    if not is_model(path):
        Model(path)  # the whole ladder of checks, before the board is asked
        way.check(path)
    facts = probe(connection)
    if way.rom:
        romfs.Partition(connection)  # there is one
    core = tuned_core(facts)
    if is_model(path):
        models = [_packed(path, core, layout, labels, allow_float, way.window) for layout in layouts.names(core)]
    else:
        models = [_fitting(path, core)]
    groups = Model(models[0]).blob.groups  # a matter of the operators: the layouts do not differ in them
    library, modules = payload(facts, groups), native_modules(facts, groups)
    _check_flash(facts, library, [] if way.rom else models)
    _check_heap(facts, library, models, modules, way)
    summary = install(connection, library, progress, journal=facts.root + JOURNAL)
    blob = _roomy(connection, facts, models, modules, way)
    on_board = way.path(facts.root, MODELS, path.stem)
    if way.rom:
        change, model_summary = _install_in_rom(connection, on_board, blob, progress)
    else:
        model_summary = install(connection, {on_board: blob}, progress, keep=True)
    try:
        proof = prove(connection, on_board, selftest, way.arguments)
    except BoardError as error:
        if way.rom and model_summary.sent:
            romfs.restore(connection, change)
            raise LinnetError(f"{path}: fails on the board: {error}; what was in ROMFS before is back") from None
        if model_summary.sent and restore(connection, on_board):
            connection.exec(f"import os\nos.remove({on_board + '.old'!r})")
            raise LinnetError(f"{path}: fails on the board: {error}; the model before it is back") from None
        raise
    if not way.rom:
        romfs.remove(connection, f"/{path.stem}.linnet")  # linnet.load() would find it first
    return Deployed(facts, _sum(summary, model_summary), modules, on_board, blob, *proof)


def _packed(path, core, layout, labels, allow_float, window):
    from linnet.packer import pack

    return pack(path, labels, core=core, layout=layout, allow_float=allow_float, window=window)


def _install_in_rom(connection, on_board, blob, progress):
    """(romfs.Change, Summary) of putting a blob into ROMFS."""
    before = connection.bytes_written, connection.round_trips, time.monotonic()
    change = romfs.install(connection, {on_board[len("/rom") :]: blob}, progress)
    summary = Summary(
        sent=[on_board] if change.written else [],
        skipped=[] if change.written else [on_board],
        payload_bytes=len(blob) if change.written else 0,
        wire_bytes=connection.bytes_written - before[0],
        round_trips=connection.round_trips - before[1],
        elapsed_s=time.monotonic() - before[2],
    )
    return change, summary


def _fitting(path, core):
    """The bytes of a blob that this core's kernels can run."""
    model = Model(path)
    laid_out_for = next(name for name, code in CODES.items() if code == model.blob.core)
    if laid_out_for not in ("portable", core):
        raise LinnetError(f"{path}: is laid out for {laid_out_for}, the board runs {core}: pack it again with --core {core}")
    return path.read_bytes()


def _sum(a, b):
    numbers = {k: getattr(a, k) + getattr(b, k) for k in vars(a)}
    return Summary(**numbers)


def _check_flash(facts, library, models):
    if facts.free_flash_bytes is None:
        raise LinnetError(f"{facts.machine}: has no filesystem to install to; format one, or build the model into the firmware")
    files = [*library.values(), *([min(models, key=len)] if models else [])]
    largest = max((-(-len(data) // BLOCK_BYTES) * BLOCK_BYTES for data in files), default=0)
    if largest > facts.free_flash_bytes:
        raise LinnetError(
            f"{facts.machine}: {largest} bytes of flash are needed for one file, {facts.free_flash_bytes} are free; remove files"
        )


def _check_heap(facts, library, models, modules, way):
    """A first look, before anything is sent: what needs more than the whole free heap cannot fit."""
    sizes = [len(data) for path, data in library.items() if Path(path).stem in modules]
    blob = min(models, key=len)
    if sum(way.buffers(blob)) + sum(sizes) > facts.free_heap_bytes:
        extra = f" and the native module{'s' * (len(sizes) > 1)} {sum(sizes)}" if sizes else ""
        raise _too_large(facts, blob, facts.free_heap_bytes, extra, way)


def _roomy(connection, facts, models, modules, way):
    """The first of these blobs for which there is room once the library is loaded; the exact answer comes from the board."""
    free = 0
    for blob in models:
        connection.soft_reset()
        sizes = sorted([*way.buffers(blob), WORKSPACE_BYTES], reverse=True)
        try:
            free, fits = connection.exec(ROOM.format(sizes=sizes, modules=modules)).split()
        except BoardError as error:
            raise LinnetError(f"{facts.machine}: Linnet does not load there: {error}") from None
        connection.soft_reset()  # gives back what the check took
        if int(fits):
            return blob
    raise _too_large(facts, min(models, key=len), int(free), "", way)


def _too_large(facts, blob, free_bytes, extra, way):
    return LinnetError(
        f"{facts.machine}: the model does not fit: {way.takes(blob)}{extra}; {free_bytes} are free; {way.remedy()}"
    )
