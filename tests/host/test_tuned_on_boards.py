"""Models laid out for the core of each emulated board: the native module, the module built into a firmware, and the host core's
twins of those kernels give the same bytes. Portable blobs are in tests/host/test_models_on_boards.py.
"""

import functools
import shutil

import numpy as np
import pytest

from linnet import LinnetError
from linnet.board import all_boards
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.layouts import names
from linnet.model import Model
from linnet.packer import pack
from linnet.remote import run_connected
from linnet.transport import Connection

# The layouts that each board's kernels know. The M55's stock firmware loads Cortex-M7's native modules, which lack Helium.
CORES = {
    "qemu-m0plus": "armv6m",
    "qemu-m3": "armv6m",
    "qemu-m4f": "armv7em",
    "qemu-m4f-linnet": "armv7em",
    "qemu-m7": "armv7em",
    "qemu-m33": "armv7em",
    "qemu-m55": "armv7em",
    "qemu-m55-linnet": "helium",
    "qemu-rv32": "rv32imc",
    "qemu-esp32": "xtensa",
}


@functools.cache
def packed(path, core, layout):
    return pack(path, core=core, layout=layout, n_golden=1)


def samples(model):
    """Random bytes; nothing but the two extremes."""
    rng, shape = np.random.default_rng(3), model.input_shape[0]
    return [[rng.integers(-128, 128, shape).astype(np.int8)], [rng.choice(np.array([-128, 127], np.int8), shape)]]


def deployed(connection, path, core, folder):
    """The Deployed of a model in the fastest layout that fits."""
    blob = folder / f"{path.stem}.linnet"
    for layout in names(core):
        blob.write_bytes(packed(path, core, layout))
        try:
            return deploy(connection, blob)
        except LinnetError as error:
            assert "does not fit" in str(error) and layout != names(core)[-1], error


@pytest.mark.parametrize("name, core", CORES.items())
def test_board_equals_host(name, core, digits, shared, tmp_path):
    board = all_boards()[name]
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {name} is not built: make boards")
    if shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        for path in (digits / "digits.tflite", shared("models/kws_ref_model.tflite")):
            found = deployed(connection, path, core, tmp_path)
            portable, tuned = Model(packed(path, "portable", "speed")), Model(found.blob)
            assert any(operator.variant for operator in tuned.blob.operators)
            for ours, sample in zip(run_connected(connection, found.path, tuned, samples(tuned)), samples(tuned)):
                np.testing.assert_array_equal(ours[0].ravel(), tuned.predict(sample)[0], f"{path.stem} on {name}")
                np.testing.assert_array_equal(ours[0].ravel(), portable.predict(sample)[0], f"{path.stem} on {name}")
        other = "armv7em" if core == "rv32imc" else "rv32imc"
        wrong = tmp_path / "wrong.linnet"
        wrong.write_bytes(packed(digits / "digits.tflite", other, "speed"))
        with pytest.raises(LinnetError, match=f"is laid out for {other}, the board runs {core}"):
            deploy(connection, wrong)
