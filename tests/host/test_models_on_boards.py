"""The public models on every emulated board whose RAM they fit: deployed, proved there, and equal to the host on real inputs.

That the host equals TFLite Micro on the same inputs is tests/host/test_models_exact.py. The slowest tests are here.
"""

import shutil

import numpy as np
import pytest

from linnet import LinnetError
from linnet.board import all_boards
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.model import Model
from linnet.packer import pack
from linnet.remote import run_connected
from linnet.transport import Connection

MODELS = ["kws_ref_model", "str_ww_ref_model", "pretrainedResnet_quant", "person_detect", "vww_96_int8", "ad01_int8", "blazeface_front_128"]
BOARDS = [board for board in all_boards().values() if board.emulated]
# What the library takes of the heap, at most: the native module and the package's bytecode.
LIBRARY_BYTES = 60_000
N_SAMPLES = 2


def samples_of(name, model, shared):
    """A few inputs: TFLite Micro's recorded ones where there are some, else random."""
    row = model.blob.tensors[model.blob.inputs[0]]
    try:
        with np.load(shared(f"vectors/{name}_tflm.npz")) as vectors:
            return [[x.reshape(row.shape)] for x in vectors["x"][:N_SAMPLES]]
    except pytest.skip.Exception:
        random = np.random.default_rng(0)
        if row.dtype == "float32":
            return [[random.uniform(-1, 1, row.shape).astype(np.float32)] for _ in range(N_SAMPLES)]
        return [[random.integers(-128, 128, row.shape).astype(np.int8)] for _ in range(N_SAMPLES)]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_models_on(board, shared, tmp_path):
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {board.name} is not built: make boards")
    if "qemu" in board.emulator.program and shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    ran = []
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        for name in MODELS:
            path = tmp_path / f"{name}.linnet"
            path.write_bytes(pack(shared(f"models/{name}.tflite")))
            model = Model(path)
            needed = path.stat().st_size + model.ram
            if needed > board.heap_bytes:
                with pytest.raises(LinnetError, match="does not fit"):
                    deploy(connection, path)
                continue
            try:
                deployed = deploy(connection, path)
            except LinnetError as error:
                assert "does not fit" in str(error) and needed + LIBRARY_BYTES > board.heap_bytes, f"{name}: {error}"
                continue
            assert deployed.n_golden > 0
            samples = samples_of(name, model, shared)
            for ours, sample in zip(run_connected(connection, deployed.path, model, samples), samples):
                for got, wanted in zip(ours, model.predict(sample), strict=True):
                    np.testing.assert_array_equal(got.ravel(), wanted.ravel(), f"{name} on {board.name}")
            ran.append(name)
            connection.exec(f"import os; os.remove({deployed.path!r})")
    assert "kws_ref_model" in ran
    print(f"{board.name}: {', '.join(ran)}")
