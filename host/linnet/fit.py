"""Whether a model fits a board, how, what is missing, and about how long an inference takes: before anything is sent, or bought."""

from dataclasses import dataclass, replace
from pathlib import Path

from linnet import blob as blobs
from linnet import costs, fields, layouts
from linnet.deploy import BLOCK_BYTES, WORKSPACE_BYTES
from linnet.errors import LinnetError
from linnet.fields import padded
from linnet.importers import is_model
from linnet.layouts import CODES
from linnet.payload import MPY_VERSION, native_modules, payload, tuned_core
from linnet.probe import BoardFacts
from linnet.profile import profile
from linnet.window import STATE_BYTES, least_window_bytes, tables_bytes

# Heap, in bytes, as emulated boards show it (tests/host/test_fit.py): the board package with its classes; a native module
# beyond its file's length. Where the package is frozen into the firmware, its bytecode takes none.
PACKAGE_BYTES = 10752
MODULE_EXTRA_BYTES = 256
WINDOW_CODE_BYTES = 2048
FROZEN_PACKAGE_BYTES = 4096
# What MicroPython takes of a heap: 3 bits of 16 bytes for its tables (py/gc.c), and some for start-up.
TABLES_SHARE = 3 / 128
START_UP_BYTES = 5120

# What the compiler makes of firmware that has Linnet built in: device/kernels/linnet_core.h. Others have the DSP extension.
BUILT_IN_CORES = {
    "cortex-m0plus": "armv6m", "cortex-m3": "armv6m", "cortex-m55": "helium", "rv32imc": "rv32imc", "xtensa-lx6": "xtensa",
    "xtensa-lx7": "xtensa", "x64": "portable",
}  # fmt: skip

# Where the weights are, the simplest way first. "firmware" asks for firmware of one's own.
WAYS = ("heap", "rom", "window", "firmware")


@dataclass(frozen=True)
class Way:
    """One of WAYS, and what it takes. Sizes in bytes."""

    name: str
    pieces: dict  # {what: bytes of heap in one piece}
    flash_bytes: int  # of the filesystem
    rom_bytes: int  # of ROMFS
    missing_bytes: int  # 0: it fits
    missing_what: str = ""  # "heap", "heap in one piece", "filesystem", "ROMFS", "window"; "" when it fits

    @property
    def heap_bytes(self):
        return sum(self.pieces.values())

    @property
    def fits(self):
        return not self.missing_what


@dataclass(frozen=True)
class Fit:
    """What fit() found out about one board."""

    board: object  # linnet.board.Board
    problem: str = ""  # why nothing more is known: the model cannot be packed for it, or no native modules are built
    core: str = ""  # that the weights are laid out for
    layout: str = ""  # "speed", "size"; "" for a blob, which has its own
    blob_bytes: int = 0
    arena_bytes: int = 0  # variables included
    window_bytes: int = 0  # that the way "window" was tried with
    least_window_bytes: int = 0
    room_bytes: int = 0  # the largest window for which there is room
    modules: tuple = ()  # names of the native modules that it needs
    ways: tuple = ()  # Way, in the order of WAYS; "rom" where the board has ROMFS
    latency_ms: float | None = None  # an estimate; None: not known
    latency_note: str = ""  # what the estimate rests on, or why there is none

    @property
    def way(self):
        """The first Way that fits the firmware that is described, or None."""
        return next((way for way in self.ways if way.fits and way.name != "firmware"), None)

    @property
    def fits(self):
        return self.way is not None

    @property
    def remedy(self):
        """A phrase that says what to do where it does not fit."""
        return "" if self.fits or self.problem else _remedy(self)


def fit(path, board, window_bytes=None, timed=True, allow_float=False):
    """The Fit of a model on one Board: see fits()."""
    return next(fits(path, [board], window_bytes, timed, allow_float))


def fits(path, boards, window_bytes=None, timed=True, allow_float=False):
    """Yields the Fit of a model on each of these Boards.

    path: a blob, or a model file, which is packed for each board's core, in the fastest layout that fits. window_bytes: of the
    weight window; None: the least that this model can do with, its layers split only where they must be. timed: estimate the time of an inference, too. Raises
    LinnetError where the file itself is bad; what concerns a board alone is in its Fit.problem.
    """
    model = _Model(Path(path), allow_float)
    for board in boards:
        facts = _facts(board)
        try:
            core = tuned_core(facts)
            for layout, data in model.candidates(core):
                found = _judge(board, facts, core, layout, data, *model.windowed(core, layout, data, window_bytes))
                if found.fits:
                    break
            # Layers that are split may want a module more, which leaves less room.
            for _ in range(2 if window_bytes is None else 0):
                if not found.fits and 0 < found.room_bytes < found.window_bytes:
                    found = _judge(board, facts, core, layout, data, *model.windowed(core, layout, data, found.room_bytes))
        except _BadModel:
            raise
        except LinnetError as error:
            yield Fit(board, problem=str(error))
            continue
        yield model.timed(found, data) if timed else found


class _BadModel(LinnetError):
    """No board can run the file."""


class _Model:
    """A model's blob for every core, and what an inference costs there: each is made once."""

    def __init__(self, path, allow_float):
        self.path, self.allow_float = path, allow_float
        self.packed, self.estimates = {}, {}
        if not path.is_file():
            raise LinnetError(f"{path}: No such file")

    def candidates(self, core):
        """Yields (layout, blob) for a core, the fastest first."""
        if not is_model(self.path):
            data = self.path.read_bytes()
            laid_out_for = fields.CORES[self._sound(blobs.decode, data, str(self.path)).core]
            if laid_out_for not in ("portable", core):
                raise LinnetError(f"the blob is laid out for {laid_out_for}, the board runs {core}: pack the model with --core {core}")
            yield "", data
        else:
            self._sound(self._packed, "portable", "speed")  # names what no core can run
            for layout in layouts.names(core):
                yield layout, self._packed(core, layout)

    def _packed(self, core, layout):
        from linnet.packer import pack

        if (core, layout) not in self.packed:
            self.packed[core, layout] = pack(self.path, core=core, layout=layout, allow_float=self.allow_float)
        return self.packed[core, layout]

    def windowed(self, core, layout, data, window_bytes):
        """(blob, window_bytes) for the way "window": layers that are larger are split, where the model is packed here."""
        if window_bytes is None:
            return data, least_window_bytes(blobs.decode(data))
        if is_model(self.path) and least_window_bytes(blobs.decode(data)) > window_bytes:
            from linnet.packer import pack

            try:
                return pack(self.path, core=core, layout=layout, allow_float=self.allow_float, window=window_bytes), window_bytes
            except LinnetError:
                pass  # it cannot be split so far: what is missing is then said of the whole layer
        return data, window_bytes

    def timed(self, found, data):
        """The Fit with the time of an inference, where there is a way to know."""
        board = found.board
        try:
            core, taken_as = costs.core_of(board), ""
            if core == "m55" and found.core == "armv7em":
                core, taken_as = "m33", "Taken as a Cortex-M33: native modules have no Helium kernels, firmware with Linnet built in has. "
            if (core, data) not in self.estimates:
                self.estimates[core, data] = costs.estimate(profile(data, core), board)
        except LinnetError as error:
            return replace(found, latency_note=f"no estimate of the time: {error}")
        estimate = self.estimates[core, data]  # of a board with the same core: only the clock differs
        return replace(found, latency_ms=1e3 * estimate.cycles / board.clock_hz, latency_note=taken_as + " ".join(estimate.caveats))

    @staticmethod
    def _sound(make, *arguments):
        try:
            return make(*arguments)
        except LinnetError as error:
            raise _BadModel(str(error)) from None


def _facts(board):
    """What probe() would hear from the board that is described."""
    built_in = ("_linnet",) if board.linnet_built_in else ()
    core = BUILT_IN_CORES.get(board.core, "armv7em")
    return BoardFacts(
        native_arch=board.native_arch, abi=f"{MPY_VERSION}.3", version=(1, 25, 0), machine=board.name,
        free_heap_bytes=board.heap_bytes, root="", free_flash_bytes=board.flash_bytes, built_in=built_in,
        built_in_core=CODES[core] if built_in else None,
    )  # fmt: skip


def _judge(board, facts, core, layout, data, windowed, window_bytes):
    """The Fit of one blob (bytes), without its time. windowed: the blob for the way "window"."""
    blob, split = blobs.decode(data), blobs.decode(windowed)
    own = {"open model": STATE_BYTES, "your program": WORKSPACE_BYTES}
    loaded, files = _library(facts, blob.groups)
    loaded |= {"arena": blob.arena_bytes} | own
    through, split_files = _library(facts, split.groups)  # what joins the parts of a layer again may be of another group
    through |= {"linnet.window": WINDOW_CODE_BYTES, "arena": split.arena_bytes, "tables": tables_bytes(windowed)} | own

    ways = [_way(board, "heap", {"weights and tables": len(data)} | loaded, files + _blocks(data))]
    if board.romfs:
        ways.append(_way(board, "rom", loaded, files, padded(len(data))))
    ways.append(_way(board, "window", through | {"window": window_bytes}, split_files + _blocks(windowed)))
    least = least_window_bytes(split)
    if window_bytes < least:
        ways[-1] = replace(ways[-1], missing_bytes=least - window_bytes, missing_what="window")
    ways.append(_way(board, "firmware", {"package": FROZEN_PACKAGE_BYTES, "arena": blob.arena_bytes} | own, 0))
    return Fit(
        board, "", core, layout, len(data), blob.arena_bytes, window_bytes, least, _room(board, through.values()),
        tuple(native_modules(facts, blob.groups)), tuple(ways),
    )  # fmt: skip


def _library(facts, groups):
    """({what: bytes of heap}, bytes of the filesystem) of the package and the native modules for these groups of operators."""
    library, modules = payload(facts, groups), native_modules(facts, groups)
    heap = {Path(name).stem: len(file) + MODULE_EXTRA_BYTES for name, file in library.items() if Path(name).stem in modules}
    return heap | {"package": PACKAGE_BYTES}, sum(map(_blocks, library.values()))


def _blocks(data):
    """Bytes of a filesystem that a file of these bytes takes."""
    return -(-len(data) // BLOCK_BYTES) * BLOCK_BYTES


def _way(board, name, pieces, flash_bytes, rom_bytes=0):
    missing, what = _missing_heap(board, pieces.values())
    if flash_bytes > board.flash_bytes:
        missing, what = flash_bytes - board.flash_bytes, "filesystem"
    if rom_bytes > (board.romfs_bytes or rom_bytes):
        missing, what = rom_bytes - board.romfs_bytes, "ROMFS"
    return Way(name, pieces, flash_bytes, rom_bytes, missing, what)


def free_segments(board):
    """Bytes that a program can have of each segment of a board's heap."""
    segments = [int(size * (1 - TABLES_SHARE)) for size in board.heap_segments or (board.heap_bytes,)]
    segments[0] -= min(START_UP_BYTES, segments[0])
    return segments


def _missing_heap(board, pieces):
    """(bytes, what) that a board's heap lacks for these pieces, each of which must lie within one segment; (0, "") when nothing."""
    free = free_segments(board)
    short = sum(pieces) - sum(free)
    if short > 0:
        return short, "heap"
    for piece in sorted(pieces, reverse=True):
        if piece > max(free):
            return piece - max(free), "heap in one piece"
        free[next(i for i, room in enumerate(free) if room >= piece)] -= piece
    return 0, ""


def _room(board, pieces):
    """Bytes that are left in one piece, in whole kilobytes, once these pieces lie in the heap; 0 when they do not fit."""
    if _missing_heap(board, pieces)[1]:
        return 0
    free = free_segments(board)
    for piece in sorted(pieces, reverse=True):
        free[next(i for i, room in enumerate(free) if room >= piece)] -= piece
    return max(free) // 1024 * 1024


def _remedy(found):
    window, firmware = (next(way for way in found.ways if way.name == name) for name in ("window", "firmware"))
    if window.missing_what == "window":
        return f"its largest layer wants a window of {found.least_window_bytes:,} bytes: give --window {found.least_window_bytes}"
    if firmware.fits:
        return "build firmware with Linnet and the model in it (linnet freeze), use a smaller model, or a board with more RAM or ROMFS"
    return "use a smaller model (less resolution, fewer channels), or a board with more RAM"
