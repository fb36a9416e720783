"""What `linnet fit` says: the ways a model fits, bytes that are missing, and that emulated boards need as much heap as it says."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from linnet import LinnetError
from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.deploy import WORKSPACE_BYTES, deploy
from linnet.emulate import Emulator, firmware_path
from linnet.fit import START_UP_BYTES, TABLES_SHARE, Way, _missing_heap, fit, fits, free_segments
from linnet.model import Model
from linnet.packer import pack
from linnet.transport import Connection
from linnet.way import Way as deploy_way
from linnet.window import least_window_bytes

ROOT = Path(__file__).resolve().parents[2]
PICO = load_board("RPI_PICO")


@pytest.fixture(autouse=True)
def built():
    """Sizes are those of the native modules, which must be there."""
    from linnet.payload import native_archs

    if not {"armv6m", "armv7emsp", "rv32imc"} <= set(native_archs()):
        pytest.skip("native modules are not built: make natmod")


@pytest.fixture(scope="module")
def blob(tmp_path_factory):
    """digits.linnet, laid out for the Pico's core: packed once."""
    path = tmp_path_factory.mktemp("fit") / "digits.linnet"
    path.write_bytes(pack(ROOT / "models/digits/digits.tflite", core="armv6m"))
    return path


@pytest.fixture(scope="module")
def portable(tmp_path_factory):
    """digits.linnet for any core."""
    path = tmp_path_factory.mktemp("fit") / "digits.linnet"
    path.write_bytes(pack(ROOT / "models/digits/digits.tflite"))
    return path


def ways(found):
    return {way.name: way for way in found.ways}


def test_a_model_that_fits_anywhere(digits):
    found = fit(digits / "digits.tflite", PICO, timed=False)
    data = pack(digits / "digits.tflite", core="armv6m")
    assert found.fits and found.way.name == "heap" and found.core == "armv6m" and found.layout == "speed"
    assert found.blob_bytes == len(data) and found.arena_bytes == Model(data).ram and found.modules[0] == "_linnet"
    assert found.way.pieces["weights and tables"] == len(data) and found.way.pieces["arena"] == found.arena_bytes
    assert found.remedy == "" and [way.name for way in found.ways] == ["heap", "window", "firmware"]


def test_less_heap_asks_for_other_ways(blob):
    """The same model on boards with ever less heap: in place in ROMFS, through a window, in the firmware, not at all."""
    roomy = fit(blob, replace(PICO, romfs=True, romfs_bytes=1 << 20), timed=False)
    heap = {name: int((way.heap_bytes + START_UP_BYTES) / (1 - TABLES_SHARE)) + 2 for name, way in ways(roomy).items()}
    assert heap["heap"] > heap["window"] > heap["rom"] > heap["firmware"]

    def on(heap_bytes, romfs=True):
        romfs_bytes = 1 << 20 if romfs else None
        board = replace(PICO, heap_bytes=heap_bytes, romfs=romfs, romfs_bytes=romfs_bytes)
        return fit(blob, board, timed=False)

    assert on(heap["heap"]).way.name == "heap"
    assert on(heap["heap"] - 1000).way.name == "rom" and on(heap["heap"] - 1000, romfs=False).way.name == "window"
    assert on(heap["window"], romfs=False).way.name == "window" and on(heap["rom"]).way.name == "rom"
    assert on(heap["rom"] - 1000).way is None
    tight = on(heap["rom"] - 1000, romfs=False)
    assert not tight.fits and ways(tight)["firmware"].fits and "linnet freeze" in tight.remedy
    nothing = on(16384, romfs=False)
    assert not nothing.fits and "use a smaller model" in nothing.remedy
    missing = ways(nothing)["window"]
    assert missing.missing_what == "heap" and missing.missing_bytes == missing.heap_bytes - sum(free_segments(nothing.board))


def test_a_window_that_is_too_small(blob):
    found = fit(blob, replace(PICO, heap_bytes=60000), window_bytes=64, timed=False)
    wanted = least_window_bytes(Model(blob).blob)
    assert found.least_window_bytes == wanted and not found.fits
    assert ways(found)["window"].missing_what == "window" and ways(found)["window"].missing_bytes == wanted - 64
    assert f"give --window {wanted}" in found.remedy


def test_a_layer_is_split_where_only_a_smaller_window_fits(digits):
    built_in = replace(PICO, linnet_built_in=True)  # whose operators all are there, so that the parts' CONCATENATION takes nothing
    pieces = ways(fit(digits / "digits.tflite", built_in, timed=False))["window"].pieces
    heap_bytes = int((sum(pieces.values()) - pieces["window"] + 5000 + START_UP_BYTES) / (1 - TABLES_SHARE)) + 2
    found = fit(digits / "digits.tflite", replace(built_in, heap_bytes=heap_bytes), timed=False)
    assert found.way.name == "window" and found.least_window_bytes <= found.window_bytes < 5000 < pieces["window"]
    stock = fit(digits / "digits.tflite", PICO, window_bytes=4096, timed=False)
    assert "_linnet_shapes" in ways(stock)["window"].pieces and "_linnet_shapes" not in stock.modules


def test_files_and_romfs_have_an_end(blob):
    board = replace(PICO, flash_bytes=16384, romfs=True, romfs_bytes=4096)
    found = ways(fit(blob, board, timed=False))
    assert found["heap"].missing_what == "filesystem" and found["heap"].missing_bytes == found["heap"].flash_bytes - 16384
    assert found["rom"].missing_what == "ROMFS" and found["rom"].missing_bytes == found["rom"].rom_bytes - 4096


@pytest.mark.parametrize(
    "free, pieces, expected",
    [
        ((1000, 1000), (900, 900), (0, "")),
        ((1000, 1000), (1001, 10), (1, "heap in one piece")),
        ((1000, 1000), (1000, 500, 500), (0, "")),
        ((1000, 1000), (600, 600, 600), (200, "heap in one piece")),  # less than the heap, but no two share a segment
        ((1000, 1000), (700, 700, 700), (100, "heap")),
    ],
)
def test_pieces_of_heap(free, pieces, expected):
    segments = tuple(-int(-(size + extra) // (1 - TABLES_SHARE)) for size, extra in zip(free, (START_UP_BYTES, 0)))
    board = replace(PICO, heap_bytes=sum(segments), heap_segments=segments)
    assert free_segments(board) == list(free)
    assert _missing_heap(board, pieces) == expected


def test_a_blob_for_another_core(digits, tmp_path):
    (tmp_path / "digits.linnet").write_bytes(pack(digits / "digits.tflite", core="armv7em"))
    assert fit(tmp_path / "digits.linnet", load_board("RPI_PICO2"), timed=False).way.name == "heap"
    found = fit(tmp_path / "digits.linnet", PICO, timed=False)
    assert not found.fits and "laid out for armv7em, the board runs armv6m: pack the model with --core armv6m" in found.problem


def test_deploy_counts_the_same_buffers(blob):
    data = blob.read_bytes()
    pieces = {name: way.pieces for name, way in ways(fit(blob, PICO, window_bytes=32768, timed=False)).items()}
    assert [pieces["heap"]["weights and tables"], pieces["heap"]["arena"]] == deploy_way().buffers(data)
    assert [pieces["window"][name] for name in ("tables", "window", "arena")] == deploy_way(window=32768).buffers(data)
    rom = fit(blob, replace(PICO, romfs=True, romfs_bytes=1 << 20), timed=False)
    assert [ways(rom)["rom"].pieces["arena"]] == deploy_way(rom=True).buffers(data)


def test_native_modules_that_are_not_there(blob):
    found = fit(blob, replace(PICO, native_arch="none"), timed=False)
    assert not found.fits and "loads no native modules" in found.problem
    built_in = fit(blob, replace(PICO, linnet_built_in=True), timed=False)
    assert built_in.modules == () and built_in.core == "armv6m" and built_in.fits


def test_a_bad_file(tmp_path):
    with pytest.raises(LinnetError, match="nothing.tflite: No such file"):
        fit(tmp_path / "nothing.tflite", PICO)
    (tmp_path / "bad.linnet").write_bytes(b"\x89LNT")
    with pytest.raises(LinnetError, match="bad.linnet: "):
        fit(tmp_path / "bad.linnet", PICO)


def run(*arguments):
    return CliRunner().invoke(command_line, ["fit", *map(str, arguments)])


def test_the_command_line(portable, digits, tmp_path):
    model = portable
    done = run(digits / "digits.tflite", "--board", "rpi_pico", "--no-time")
    assert f"To put it there: linnet deploy {digits / 'digits.tflite'} --board RPI_PICO\n" in done.output
    assert done.exit_code == 0 and "digits.tflite on RPI_PICO: yes: all of it in the heap" in done.output
    listed = json.loads(run(model, "--no-time", "--json").output)["boards"]
    assert {entry["board"]: entry["way"] for entry in listed}["ESP32_GENERIC_C3"] == "heap"
    assert all(entry["board"][:5] not in ("qemu-", "unix") for entry in listed)
    assert {"unix", "qemu-m55"} <= {entry["board"] for entry in json.loads(run(model, "--all", "--no-time", "--json").output)["boards"]}
    assert "ARDUINO_NANO_RP2040_CONNECT" in run(model, "--no-time").output
    (tmp_path / "other.linnet").write_bytes(pack(digits / "digits.tflite", core="rv32imc"))
    done = run(tmp_path / "other.linnet", "--board", "RPI_PICO", "--no-time")
    assert done.exit_code == 1 and "laid out for rv32imc" in done.output
    listed = json.loads(run(tmp_path / "other.linnet", "--no-time", "--json").output)["boards"]
    assert "laid out for rv32imc" in {entry["board"]: entry["problem"] for entry in listed}["RPI_PICO"]
    assert run(tmp_path / "other.linnet", "--no-time").exit_code == 0
    assert "give one of them" in str(run(model, "--board", "RPI_PICO", "--all").exception)


def test_what_does_not_fit_is_said_with_its_bytes(blob, monkeypatch):
    from linnet import board

    small = replace(PICO, heap_bytes=40000)
    monkeypatch.setattr(board, "all_boards", lambda: {"RPI_PICO": small})
    done = run(blob, "--board", "RPI_PICO", "--no-time")
    text = " ".join(done.output.split())
    assert done.exit_code == 1 and "digits.linnet on RPI_PICO: no: " in text and " bytes of heap are missing" in text and "What to do: " in text


def test_the_time_is_an_estimate(portable):
    if not shutil.which("arm-none-eabi-gcc") or not shutil.which("qemu-system-arm"):
        pytest.skip("the time needs arm-none-eabi-gcc and qemu-system-arm")
    board = load_board("qemu-m4f")
    slow, fast = fits(portable, [board, replace(board, clock_hz=2 * board.clock_hz)])
    assert slow.latency_ms == pytest.approx(2 * fast.latency_ms) and fast.latency_ms > 0
    assert slow.latency_note.startswith("An estimate, not a measurement")
    ae3 = fit(portable, load_board("OPENMV_AE3"), timed=False)
    assert ae3.core == "armv7em"  # as native code
    unknown = fit(portable, load_board("unix"))
    assert unknown.latency_ms is None and "no estimate of the time" in unknown.latency_note


@pytest.mark.parametrize("name", ["qemu-m4f", "qemu-rv32", "qemu-m4f-linnet"])
def test_an_emulated_board_needs_what_fit_says(name, digits, tmp_path):
    """Free heap with the model loaded: at least what is foretold, and not much more."""
    board = load_board(name)
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {name} is not built: make boards")
    if board.emulator.program and shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    found = fit(digits / "digits.tflite", board, timed=False)
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        deployed = deploy(connection, digits / "digits.tflite")
    assert deployed.facts.free_heap_bytes >= sum(free_segments(board)) and tuple(deployed.modules) == found.modules
    foretold = found.way.heap_bytes - WORKSPACE_BYTES
    taken = deployed.facts.free_heap_bytes - deployed.free_heap_bytes
    assert foretold - 10240 <= taken <= foretold


def test_a_way_adds_up():
    assert Way("heap", {"blob": 100, "arena": 48}, 0, 0, 0).heap_bytes == 148


def test_what_one_core_cannot_have_is_said_of_its_boards(digits, monkeypatch):
    """A model that packs for other cores is not a bad one."""
    from linnet import packer

    def pack_for_some(*arguments, core="portable", **options):
        if core == "rv32imc":
            raise LinnetError("layer 1 has no layout")
        return pack(*arguments, core=core, **options)

    monkeypatch.setattr(packer, "pack", pack_for_some)
    pico, c3 = fits(digits / "digits.tflite", [PICO, load_board("ESP32_GENERIC_C3")], timed=False)
    assert pico.fits and not c3.fits and c3.problem == "layer 1 has no layout"


def test_a_window_takes_what_fit_says(digits, tmp_path):
    board = load_board("qemu-m0plus")
    if not firmware_path(board).exists() or shutil.which(board.emulator.program) is None:
        pytest.skip("qemu-m0plus is not built, or QEMU not installed: make boards")
    found = fit(digits / "digits.tflite", board, window_bytes=4096, timed=False)
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        deployed = deploy(connection, digits / "digits.tflite", way=deploy_way(window=4096))
    foretold = ways(found)["window"].heap_bytes - WORKSPACE_BYTES
    assert foretold - 10240 <= deployed.facts.free_heap_bytes - deployed.free_heap_bytes <= foretold
    assert set(deployed.modules) <= set(ways(found)["window"].pieces)


def test_an_import_leaves_the_heap_in_one_piece(digits, tmp_path):
    """fit() counts the free heap as one piece: what `import linnet` keeps must lie together."""
    board = load_board("qemu-m0plus")
    if not firmware_path(board).exists() or shutil.which(board.emulator.program) is None:
        pytest.skip("qemu-m0plus is not built, or QEMU not installed: make boards")
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        deploy(connection, digits / "digits.tflite", selftest=False)
        connection.soft_reset()
        said = connection.exec("import gc, linnet\ngc.collect()\nn = gc.mem_free()\nb = bytearray(n - 6144)\nprint(n, gc.threshold())")
    free_bytes, threshold = map(int, said.split())
    assert free_bytes > 100_000 and threshold == -1  # which is what it was before
