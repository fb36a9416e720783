"""What the how-tos tell, done: from training to a model that has proved itself on an emulated board."""

import shutil

import pytest
from pages import DOCS, RECORDED, Page, environment

from linnet.board import all_boards
from linnet.emulate import firmware_path

HOWTOS = sorted(DOCS.glob("from-*.md"))


@pytest.mark.parametrize("path", HOWTOS, ids=lambda path: path.stem)
def test_page(path, tmp_path):
    board = all_boards()["qemu-m4f"]
    if not firmware_path(board).exists() or shutil.which(board.emulator.program) is None:
        pytest.skip("qemu-m4f is not built: make boards")
    folder = tmp_path / "work"
    folder.mkdir()
    page = Page(path, folder, environment(tmp_path))
    page.run()
    assert list(folder.glob("*.linnet")) and "linnet deploy" in path.read_text(encoding="utf-8")


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"]({path.name})" not in index] == []


def test_what_is_recorded_is_of_a_page():
    assert {folder.name for folder in RECORDED.iterdir()} <= {path.stem for path in HOWTOS}
