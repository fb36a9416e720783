"""Models on the emulated Pico: with the native module on stock firmware, and built in; what docs/pico.md says of both is so."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fenced import blocks

from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.model import Model
from linnet.packer import pack
from linnet.payload import payload
from linnet.probe import probe
from linnet.remote import run_connected
from linnet.transport import Connection
from linnet.upload import install

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import run  # noqa: E402

PAGE = (ROOT / "docs" / "pico.md").read_text()
# The others run there too, python tests/device/run.py --board RPI_PICO; these ask for no further modules, which take long to send.
SCRIPTS = ("smoke.py", "no_alloc.py", "peek.py", "shared_arena.py", "wrong.py")


STOCK = pytest.mark.parametrize("emulator", ["RPI_PICO"], indirect=True)


@pytest.fixture(scope="module", params=("RPI_PICO", "RPI_PICO-linnet"))
def emulator(request, tmp_path_factory):
    """Each of the two firmwares in turn. What one test installs, those after it find there: sending takes most of the time."""
    if not firmware_path(load_board(request.param)).exists():
        pytest.skip(f"the firmware of {request.param} is not built: make boards")
    with Emulator(request.param, tmp_path_factory.mktemp("pico")) as started:
        yield started


@pytest.fixture
def connection(emulator):
    with Connection(emulator.port) as opened:
        yield opened


@STOCK
def test_the_quick_start(emulator, monkeypatch):
    """Its commands one by one, as they stand there; the board that they mean is the one that runs."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("linnet.target.plugged_in", list)
    monkeypatch.setattr("linnet.emulate.default_state_dir", lambda name: emulator.state_dir)
    for line in "".join(blocks("docs/pico.md", "sh")).splitlines():
        name, *arguments = shlex.split(line)[1:]
        command = command_line.get_command(None, name)
        if name == "emulate":  # it is what the fixture has done, and would not end
            command.make_context(name, arguments)
            continue
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 0, done.output + str(done.exception)
    with Connection(emulator.port) as connection:
        (program,), (printed,) = blocks("docs/pico.md", "python"), blocks("docs/pico.md", "")
        output = connection.exec(program).decode().replace("\r\n", "\n")
    assert re.sub(r"\d+ us", "N us", output) == re.sub(r"\d+ us", "N us", printed)


@STOCK
def test_portable_kernels(connection, digits, tmp_path):
    """They fill and copy with the boot ROM's functions, whose timing is not the chip's but whose results must be."""
    path = tmp_path / "portable.linnet"
    path.write_bytes(pack(digits / "digits.tflite", core="portable"))
    assert deploy(connection, path).n_golden == 2


def rows():
    """{board: (cycles, ms at 125 MHz, ms at 133 MHz)} of the page's table."""
    found = re.findall(r"^\| `([\w-]+)`[^|]*\| ([\d,]+) \| ([\d.]+) ms \| ([\d.]+) ms \|$", PAGE, re.M)
    return {name: (int(cycles.replace(",", "")), float(slow), float(fast)) for name, cycles, slow, fast in found}


def test_keywords_take_the_cycles_that_the_page_says(emulator, connection, shared):
    board = emulator.board
    deployed = deploy(connection, shared("models/kws_ref_model.tflite"))
    assert deployed.n_golden == 2 and bool(deployed.modules) != board.linnet_built_in
    model, rng = Model(deployed.blob), np.random.default_rng(6)
    samples = [[rng.integers(-128, 128, model.input_shape[0]).astype(np.int8)]]
    ours = run_connected(connection, deployed.path, model, samples)
    np.testing.assert_array_equal(ours[0][0].ravel(), model.predict(samples[0])[0])
    said_cycles, said_slow, said_fast = rows()[board.name]
    cycles = deployed.inference_us * board.clock_hz // 1_000_000
    # Cycles of an emulator, not a time: but for the interrupts of USB they are the same in every run.
    assert abs(cycles - said_cycles) < 0.03 * said_cycles, f"{cycles:,} cycles, {cycles / 125e3:.1f} ms, {cycles / 133e3:.1f} ms"
    assert f"{said_cycles / 1e6:.2f} million" in (ROOT / "README.md").read_text()
    assert said_slow == round(said_cycles / 125e3, 1) and said_fast == round(said_cycles / 133e3, 1)


@STOCK
def test_scripts_print_what_they_print_elsewhere(emulator, connection):
    install(connection, payload(probe(connection)) | {"/lib/tiny.py": (run.HERE / "tiny.py").read_bytes()})
    for script in SCRIPTS:
        assert run.compare(script, run.run_on(connection, script)) == "pass", script
