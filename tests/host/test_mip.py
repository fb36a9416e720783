"""mip: the folders that device/mip lays out, installed with mpremote's own mip, and the script that picks one."""

import json
import runpy
import shutil
import sys
import types
from pathlib import Path

import pytest
from real_mpremote import mpremote

from linnet.board import load_board
from linnet.emulate import Emulator, firmware_path
from linnet.packer import pack
from linnet.paths import build_dir

MIP = Path(__file__).resolve().parents[2] / "device" / "mip"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The folder that `make mip` makes."""
    if not list(build_dir().glob("natmod/*/_linnet.mpy")):
        pytest.skip("no native modules are built: make natmod")
    out = tmp_path_factory.mktemp("mip") / "mip"
    runpy.run_path(str(MIP / "lay_out.py"))["lay_out"](build_dir(), out)
    return out


@pytest.mark.parametrize("name", ["qemu-m0plus", "qemu-m4f", "qemu-rv32", "unix"])
def test_mpremote_installs_it(name, packages, digits, tmp_path):
    board = load_board(name)
    if not firmware_path(board).exists() or (board.emulator.program and not shutil.which(board.emulator.program)):
        pytest.skip(f"{name} is not built: make boards")
    (tmp_path / "digits.linnet").write_bytes(pack(digits / "digits.tflite"))
    with Emulator(board, tmp_path / "state") as emulator:
        folder = mpremote(emulator.port, "run", packages / "linnet_install.py")
        assert folder == f"{board.native_arch}_6.3"
        mpremote(emulator.port, "mip", "install", "--target", "/lib", packages / folder / "package.json")
        mpremote(emulator.port, "mip", "install", "--target", "/lib", packages / folder / "math.json")
        mpremote(emulator.port, "cp", tmp_path / "digits.linnet", ":digits.linnet")
        script = "import linnet, _linnet_math; print(linnet.load('/digits.linnet').selftest())"
        assert int(mpremote(emulator.port, "exec", script)) > 0


def test_every_package_names_files_that_are_there(packages):
    found = sorted(packages.glob("*/*.json"))
    assert found
    for package in found:
        listed = json.loads(package.read_text())
        assert listed["urls"] and all((package.parent / url).is_file() for _, url in listed["urls"])


def test_on_a_network_the_board_picks(monkeypatch):
    installed = []
    monkeypatch.setitem(sys.modules, "mip", types.SimpleNamespace(install=installed.append))
    implementation = types.SimpleNamespace(_mpy=4 << 10 | 3 << 8 | 6)
    monkeypatch.setattr(sys, "implementation", implementation)
    runpy.run_path(str(MIP / "linnet_install.py"))["install"]("https://example.org/linnet", ["math"])
    assert installed == [f"https://example.org/linnet/armv6m_6.3/{name}.json" for name in ("package", "math")]


def test_firmware_that_loads_no_native_modules(monkeypatch):
    monkeypatch.setattr(sys, "implementation", types.SimpleNamespace(_mpy=3 << 8 | 6))
    with pytest.raises(OSError, match="loads no native modules"):
        runpy.run_path(str(MIP / "linnet_install.py"))["folder"]()
