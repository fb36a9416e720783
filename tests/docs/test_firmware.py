"""docs/firmware.md: its makefile recipe names Linnet's sources (a dry run: `make boards` builds the same), and prints what it says."""

import re
import subprocess

import pytest
from pages import BLOCK, DOCS, ROOT

from linnet.board import load_board
from linnet.emulate import firmware_path

PAGE = (DOCS / "firmware.md").read_text(encoding="utf-8")


@pytest.fixture
def build():
    if not firmware_path(load_board("unix-linnet")).exists() or not (ROOT / "build/micropython/py/py.mk").exists():
        pytest.skip("MicroPython's source or unix-linnet is not built: make boards")
    return ROOT / "build"


def test_the_make_recipe(build, tmp_path):
    (sh, _, commands), (_, _, printed) = (block for block in BLOCK.findall(PAGE) if not block[1])
    make, try_it = commands.splitlines()
    make = make.replace("make ", f"make -n BUILD={tmp_path} ", 1).replace("MICROPYTHON", str(build / "micropython")).replace("=LINNET", f"={ROOT}")
    dry = subprocess.run(make, shell=True, capture_output=True, text=True)
    assert dry.returncode == 0 and "mod_linnet.c" in dry.stdout and "linnet_conv_2d.c" in dry.stdout, dry.stderr
    try_it = re.sub(r"^\S+", str(firmware_path(load_board("unix-linnet"))), try_it)
    assert subprocess.run(try_it, shell=True, capture_output=True, text=True).stdout == printed


def test_files_that_recipes_name_are_there():
    for path in re.findall(r"LINNET/(device\S*?)[\s`\")]", PAGE):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"(?:BOARD|flash|TARGET)[ =]([A-Z0-9_]{5,})", PAGE):
        assert load_board(name)
