"""The wheel, as a user gets it: in a virtual environment of its own, no checkout and no compiler in sight."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linnet.board import load_board
from linnet.emulate import firmware_path
from linnet.paths import build_dir

ROOT = Path(__file__).resolve().parents[2]


def run(*command, **keywords):
    """The output of a program that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **keywords)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The bin/ folder of a virtual environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    run("make", "--no-print-directory", "wheel", f"DIST={folder}", cwd=ROOT)
    (wheel,) = folder.glob("linnet-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return folder / "venv" / "bin"


@pytest.fixture
def environment(installed, tmp_path):
    """PATH has the virtual environment's programs and QEMU alone; the emulated boards' firmware is the checkout's."""
    if not firmware_path(load_board("qemu-m4f")).exists() or not shutil.which("qemu-system-arm"):
        pytest.skip("the firmware of qemu-m4f or QEMU is not there: make boards")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "qemu-system-arm").symlink_to(shutil.which("qemu-system-arm"))
    build = tmp_path / "build"
    build.mkdir()
    (build / "boards").symlink_to(build_dir() / "boards")
    return {**os.environ, "PATH": f"{installed}:{programs}", "LINNET_BUILD": str(build), "HOME": str(tmp_path)}


def test_deploys_without_a_toolchain(installed, environment, digits, tmp_path):
    assert shutil.which("gcc", path=environment["PATH"]) is None
    model, labels = shutil.copy(digits / "digits.tflite", tmp_path), shutil.copy(digits / "labels.txt", tmp_path)
    out = run(
        installed / "linnet", "deploy", model, "--labels", labels, "--board", "qemu-m4f", env=environment, cwd=tmp_path
    )
    assert "golden" in out
    where = run(installed / "python", "-c", "import linnet; print(linnet.__file__)", env=environment, cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_runs_a_blob_on_the_host(installed, environment, digits, tmp_path):
    run(installed / "linnet", "pack", digits / "digits.tflite", "-o", "digits.linnet", env=environment, cwd=tmp_path)
    script = "import linnet; print(linnet.load('digits.linnet').selftest())"
    assert int(run(installed / "python", "-c", script, env=environment, cwd=tmp_path)) > 0


def test_knows_the_boards(installed, environment, tmp_path):
    assert "RPI_PICO" in run(installed / "linnet", "boards", env=environment, cwd=tmp_path)
