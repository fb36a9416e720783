"""Models with a memory on emulated boards: step after step what TFLite Micro recorded, and the first steps again after a reset."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))

import record

from linnet.board import all_boards
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.model import Model
from linnet.remote import run_connected
from linnet.transport import Connection

BOARDS = ("qemu-m0plus", "qemu-m4f", "qemu-m55-linnet", "qemu-rv32", "unix")
OPERATORS = ("svdf", "read_variable", "unidirectional_sequence_lstm")
N_STEPS = 20  # at least, of SVDF and of variables


@pytest.fixture(params=BOARDS)
def connection(request, tmp_path):
    board = all_boards()[request.param]
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {board.name} is not built: make boards")
    if "qemu" in board.emulator.program and shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        yield connection


def test_every_step_is_tflite_micros(connection, tmp_path):
    for operator in OPERATORS:
        name, content, steps = next(record.recorded(record.VECTORS / f"{operator}.npz"))
        assert len(steps) >= N_STEPS
        path = tmp_path / f"{operator}.tflite"
        path.write_bytes(content)
        deployed = deploy(connection, path)
        model = Model(deployed.blob)
        samples = [[np.reshape(x, shape) for x, shape in zip(inputs, model.input_shape)] for inputs, _ in steps]
        results = run_connected(connection, deployed.path, model, samples)
        for number, (ours, (_, wanted)) in enumerate(zip(results, steps, strict=True)):
            for got, y in zip(ours, wanted, strict=True):
                np.testing.assert_array_equal(got.ravel(), y.ravel(), f"{operator} {name}, step {number}")
