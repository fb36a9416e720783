"""What host tests share: the modules of tests/kernels, and files made on the spot."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))


@pytest.fixture
def tflite_file(tmp_path):
    """tflite_file(content) is the path of a file, model.tflite, of these bytes."""

    def path(content):
        file = tmp_path / "model.tflite"
        file.write_bytes(content)
        return file

    return path
