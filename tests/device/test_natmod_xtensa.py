"""Where there is no compiler for xtensawin and none can be fetched, the other architectures are built all the same."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from linnet.paths import build_dir

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_compiler_the_architecture_is_left_out_with_a_sentence(tmp_path):
    if shutil.which("apt-get") is None or shutil.which("xtensa-esp32-elf-gcc"):
        pytest.skip("needs apt-get, and no xtensa-esp32-elf-gcc")
    nowhere = "http://127.0.0.1:9"
    environment = {
        **os.environ, "LINNET_BUILD": str(tmp_path), "MICROPYTHON_DIR": str(build_dir() / "micropython"),
        "http_proxy": nowhere, "https_proxy": nowhere,
    }  # fmt: skip
    environment.pop("LD_PRELOAD", None)
    done = subprocess.run(
        ["make", "-C", str(ROOT / "device/natmod"), "xtensawin"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    said = done.stderr.splitlines()
    assert said[0].startswith("fetch_clang: could not get clang for Xtensa of sid from ")
    assert said[0].endswith("put Espressif's xtensa-esp32-elf-gcc on the PATH.")
    assert said[1:] == ["natmod: xtensawin is left out: it has no compiler here."]
    assert not (tmp_path / "natmod/xtensawin").exists()
