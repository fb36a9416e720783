"""What docs/esp32.md tells to do, done: flashing a stand-in for the chip's boot loader, the rest on an emulated ESP32."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_esp import FakeEsp
from fenced import blocks
from test_flash import esp_image

from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.emulate import Emulator, firmware_path
from linnet.transport import Connection

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/esp32.md"


def run(line, port):
    name, *arguments = shlex.split(line)[1:]
    arguments = [port if word == "/dev/ttyUSB0" else word for word in arguments]
    done = CliRunner().invoke(command_line.get_command(None, name), arguments)
    assert done.exit_code == 0, done.output + str(done.exception)


def test_the_quick_start(tmp_path, monkeypatch):
    if not firmware_path(load_board("qemu-esp32")).exists():
        pytest.skip("qemu-esp32 is not built: make boards")
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    flash, deploy = "".join(blocks(PAGE, "sh")).splitlines()
    firmware = Path(re.search(r"--firmware (\S+)", flash)[1])
    firmware.write_bytes(esp_image(load_board("ESP32_GENERIC")))
    with FakeEsp() as chip:
        run(flash, chip.port)
        assert chip.erased and chip.flash[0x1000:].startswith(firmware.read_bytes())
    with Emulator("qemu-esp32", state_dir=tmp_path / "state") as board:
        run(deploy, board.port)
        with Connection(board.port) as connection:
            output = connection.exec(blocks(PAGE, "python")[0], timeout_s=60).decode().replace("\r\n", "\n")
    assert output == blocks(PAGE, "")[0]


@pytest.mark.parametrize("page", ["pico", "esp32", "openmv"])
def test_readme_says_the_same(page):
    """README's quick starts are those of the pages, which tests run."""
    assert blocks(f"docs/{page}.md", "sh")[0] in blocks("README.md", "")
