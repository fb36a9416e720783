"""docs/boards.md says what is so: its commands run, on stand-ins for chips and drives."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_esp import FakeEsp
from test_flash import RP2040, esp_image, uf2

from linnet import flash_uf2
from linnet.board import load_board
from linnet.cli import linnet as command_line

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "boards.md").read_text()
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line[:60].replace(" ", "_"))
def test_the_commands_run(line, tmp_path, monkeypatch):
    program, *arguments = line.split()
    assert program == "linnet"
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    (tmp_path / "models").symlink_to(ROOT / "models")
    files = {
        "ESP32_GENERIC-20250415-v1.25.0.bin": esp_image(load_board("ESP32_GENERIC")),
        "RPI_PICO-20250415-v1.25.0.uf2": uf2(RP2040),
        "firmware.bin": bytes(4096),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flash_uf2, "mounted", lambda: [drive])
    if arguments[0] == "fit":
        arguments.append("--no-time")  # tests/host/test_fit.py has it
    with FakeEsp() as chip:
        arguments = [chip.port if argument == "/dev/ttyUSB0" else argument for argument in arguments]
        done = CliRunner().invoke(command_line, arguments)
        assert done.exit_code == 0, done.exception
        if "ESP32_GENERIC-20250415-v1.25.0.bin" in line:
            assert chip.erased and chip.flash[0x1000:].startswith(files["ESP32_GENERIC-20250415-v1.25.0.bin"])
    if "uf2" in line:
        assert (drive / "RPI_PICO-20250415-v1.25.0.uf2").read_bytes() == files["RPI_PICO-20250415-v1.25.0.uf2"]


def test_the_page_has_all_three_commands():
    assert {line.split()[1] for line in COMMANDS} == {"boards", "fit", "flash"}
