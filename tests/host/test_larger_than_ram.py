"""Models larger than a board's RAM, on an emulated board with 190 KB of heap: weights in ROMFS, and through a window; results exact."""

import re
import shlex
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from linnet import blob as blobs
from linnet import romfs
from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.packer import pack
from linnet.transport import Connection
from linnet.way import Way
from linnet.window import STATE_BYTES, least_window_bytes, window_ram_bytes

ROOT = Path(__file__).resolve().parents[2]
BOARD = "qemu-m4f-rom"
WINDOW_BYTES = 32768
STATE_IN_PLACE_BYTES = 2048  # besides the arena, in use once a model is loaded in place: what the README promises

MEASURE = """
import gc, linnet, micropython
{imports}
gc.collect()
before = gc.mem_alloc()
model = linnet.load({path!r}{arguments})
gc.collect()
print(gc.mem_alloc() - before)
x, y = [bytes({n_inputs})], None
y = model.predict(x)
micropython.heap_lock()
y = model.predict(x)
micropython.heap_unlock()
print(list(y[0]))
"""


@pytest.fixture
def board(tmp_path):
    """An emulator of the board with a filesystem and a partition of its own, started when it is entered."""
    board = load_board(BOARD)
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {BOARD} is not built: make boards")
    if shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    return Emulator(board, state_dir=tmp_path / "board")


@pytest.fixture
def vww(shared, tmp_path):
    """MobileNet V1 for visual wake words with all its weights: more than the board has RAM."""
    path = tmp_path / "vww.linnet"
    path.write_bytes(pack(shared("models/vww_96_int8.tflite"), core="armv7em", drop_constants=False))
    assert path.stat().st_size > load_board(BOARD).heap_bytes
    return path


def heap_and_output(connection, deployed, way, imports=""):
    """(bytes of heap that loading takes, output 0 for an input of zeros), of a predict() that may not allocate."""
    model = Model(deployed.blob)
    connection.soft_reset()
    n_inputs = int(np.prod(model.input_shape[0]))
    script = MEASURE.format(imports=imports, path=deployed.path, arguments=way.arguments, n_inputs=n_inputs)
    n_bytes, output = connection.exec(script, timeout_s=60).decode().split("\n", 1)
    wanted = model.predict([np.zeros(model.input_shape[0], np.int8)])[0]
    np.testing.assert_array_equal(np.array(eval(output)), wanted)
    return int(n_bytes)


def test_in_romfs(board, vww):
    way = Way(rom=True)
    with board, Connection(board.port) as connection:
        with pytest.raises(LinnetError, match=r"its blob takes \d+ bytes of heap.*--rom"):
            deploy(connection, vww)
        deployed = deploy(connection, vww, way=way)
        assert deployed.n_golden == 2 and deployed.path == "/rom/vww.linnet"
        n_bytes = heap_and_output(connection, deployed, way)
        assert n_bytes <= deployed.ram_bytes + STATE_IN_PLACE_BYTES
        again = deploy(connection, vww, way=way)
        assert again.summary.sent == [] and again.n_golden == 2


def test_through_a_window(board, vww, shared, tmp_path):
    way = Way(window=WINDOW_BYTES)
    with board, Connection(board.port) as connection:
        with pytest.raises(LinnetError, match=r"operator \d+ CONV_2D has \d+ bytes of constants.*--window 32768"):
            deploy(connection, vww, way=way)
        vww.write_bytes(
            pack(shared("models/vww_96_int8.tflite"), core="armv7em", drop_constants=False, window=WINDOW_BYTES)
        )
        deployed = deploy(connection, vww, way=way)
        assert deployed.n_golden == 2
        n_bytes = heap_and_output(connection, deployed, way, "import linnet.window, _linnet_shapes")
        stated = deployed.ram_bytes + window_ram_bytes(deployed.blob, WINDOW_BYTES)
        assert stated - STATE_BYTES < n_bytes <= stated


def test_stored_golden_vectors_are_read_from_the_file(board, digits, tmp_path):
    path = tmp_path / "digits.linnet"
    blob = pack(digits / "digits.tflite", golden=digits / "digits_test.npz", n_golden=3)
    path.write_bytes(blob)
    way = Way(window=least_window_bytes(Model(blob).blob))
    with board, Connection(board.port) as connection:
        assert deploy(connection, path, way=way).n_golden == 3
        connection.soft_reset()
        load = f"import linnet\nmodel = linnet.load('/models/digits.linnet'{way.arguments})\n"
        print_all = "print(len(model.profile()), [list(model.peek(i))[:4] for i in range(model.n_operators)])"
        n, peeked = connection.exec(load + print_all).decode().split(" ", 1)
        model = Model(blob)
        assert int(n) == model.n_operators
        assert eval(peeked) == [model.peek(i).tolist()[:4] for i in range(model.n_operators)]
        connection.exec(f"f = open('/models/digits.linnet', 'r+b')\nf.seek({len(blob) // 2})\nf.write(b'?')\nf.close()")
        with pytest.raises(LinnetError, match="CRC differs"):
            connection.exec(load)


def test_the_page(board, monkeypatch, tmp_path):
    """docs/larger-than-ram.md: its commands, and its programs on the board, in the order in which they stand there."""
    (tmp_path / "models").symlink_to(ROOT / "models")
    (tmp_path / "build").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("linnet.emulate.default_state_dir", lambda name: board.state_dir)
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs" / "larger-than-ram.md").read_text(), re.M | re.S)
    assert [language for language, _ in blocks] == ["sh", "python", "sh", "python", "sh", "sh"]
    with board:
        for language, text in blocks:
            if language == "python":
                with Connection(board.port) as connection:
                    connection.soft_reset()
                    assert connection.exec(text).decode().strip() == "2 vectors equal"
                continue
            for line in text.splitlines():
                name, *arguments = shlex.split(line)[1:]
                done = CliRunner().invoke(command_line.get_command(None, name), arguments)
                assert done.exit_code == 0, f"{line}: {done.output}{done.exception}"
    assert (tmp_path / "build" / "linnet_models" / "linnet_models.c").exists()


def test_a_firmware_without_a_partition_says_so(digits, tmp_path):
    board = load_board("qemu-m4f")
    if not firmware_path(board).exists():
        pytest.skip("the firmware of qemu-m4f is not built: make boards")
    with Emulator(board, state_dir=tmp_path / "board") as emulator, Connection(emulator.port) as connection:
        with pytest.raises(LinnetError, match="no ROMFS partition; leave --rom out"):
            deploy(connection, digits / "digits.tflite", way=Way(rom=True))


def test_cut_off_in_romfs_leaves_the_old_files(board, digits, tmp_path):
    """The board loses power at every point of a write that the host sees: the model is the old one or the new one."""
    old = pack(digits / "digits.tflite", core="armv7em")
    new = pack(digits / "digits.tflite", core="armv7em", labels=[f"label {i}" for i in range(10)])
    files = {"/digits.linnet": old, "/lib/other.py": b"x = 1\n" * 2000}
    with board, Connection(board.port) as connection:
        assert romfs.install(connection, files).written == list(files)
    for cut_at in range(6):
        with board, Connection(board.port) as connection:
            romfs.install(connection, {"/digits.linnet": old})
            left = Cut(connection, cut_at)
            try:
                romfs.install(left, {"/digits.linnet": new})
                was_cut = False
            except Cut.Off:
                was_cut = True
            board.kill()
        with board, Connection(board.port) as connection:
            read = "import binascii\nprint(binascii.crc32(open('/rom/digits.linnet', 'rb').read()))"
            found = int(connection.exec(read))
            assert found == zlib.crc32(old if was_cut else new)
            assert connection.exec("import os\nprint(os.stat('/rom/lib/other.py')[6])").strip() == b"12000"


class Cut:
    """A Connection that ends before its n-th writing command."""

    class Off(Exception):
        pass

    def __init__(self, connection, n):
        self._connection, self._left, self.port = connection, n, connection.port

    def exec(self, code, **options):
        if re.match(r"erase|write|commit|records", code):
            if not self._left:
                raise self.Off
            self._left -= 1
        return self._connection.exec(code, **options)


def test_a_model_that_fails_gives_way_to_the_one_before(board, digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(pack(digits / "digits.tflite", core="armv7em"))
    with board, Connection(board.port) as connection:
        deploy(connection, path, way=Way(rom=True))
        good = path.read_bytes()
        path.write_bytes(_with_wrong_vectors(good))
        with pytest.raises(LinnetError, match="what was in ROMFS before is back"):
            deploy(connection, path, way=Way(rom=True))
        connection.soft_reset()
        assert int(connection.exec("import linnet\nprint(linnet.load('digits').selftest())")) == 2


def test_a_later_deploy_without_rom_is_what_load_finds(board, digits, tmp_path):
    with board, Connection(board.port) as connection:
        deploy(connection, digits / "digits.tflite", way=Way(rom=True))
        romfs.install(connection, {"/other.txt": b"other"})
        deploy(connection, digits / "digits.tflite", labels=[f"label {i}" for i in range(10)])
        connection.soft_reset()
        assert connection.exec("import linnet\nprint(linnet.load('digits').labels[3])").strip() == b"label 3"
        assert connection.exec("import os\nprint(os.listdir('/rom'))").strip() == b"['other.txt']"


def _with_wrong_vectors(data):
    blob = blobs.decode(data, "digits")
    blob.golden = [replace(vector, outputs=[bytes(len(y)) for y in vector.outputs]) for vector in blob.golden]
    return blobs.encode(blob)
