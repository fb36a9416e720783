"""linnet flash: esptool itself flashes a stand-in for the chip; UF2 files go to a folder; what is wrong is refused in a sentence."""

import fcntl
import random
import struct

import pytest
from click.testing import CliRunner
from fake_esp import FakeEsp

from linnet import LinnetError, flash_esptool, flash_uf2
from linnet.board import all_boards, load_board
from linnet.cli import linnet as command_line
from linnet.flash import flash

CHIP_IDS = {"ESP32": 0, "ESP32-S2": 2, "ESP32-S3": 9, "ESP32-C3": 5, "ESP32-C6": 13, "ESP32-P4": 18}
ARM, RISCV, RP2040 = 0xE48BFF59, 0xE48BFF5A, 0xE48BFF56


def esp_image(board, n_bytes=50_001, chip=None):
    """An image as MicroPython's .bin: bootloader's header, a partition table at its place, something that compresses."""
    draw = random.Random(1)
    image = bytearray(draw.randrange(64) for _ in range(n_bytes))
    chip_id = CHIP_IDS[chip or board.flashing.chip]
    image[:24] = struct.pack("<BBBBI4sHBHH5s", 0xE9, 1, 2, 0x20, 0x40080400, b"\xee\0\0\0", chip_id, 0, 0, 0xFFFF, bytes(5))
    at = 0x8000 - board.flashing.offset
    image[at : at + 2] = b"\xaa\x50"
    return bytes(image)


def uf2(family, n_blocks=300, flags=0x2000, first=b""):
    """A UF2 file of n_blocks with 256 bytes each."""
    draw = random.Random(2)
    blocks = [
        struct.pack("<8I476sI", 0x0A324655, 0x9E5D5157, flags, 0x10000000 + 256 * i, 256, i, n_blocks, family, draw.randbytes(256), 0x0AB16F30)
        for i in range(n_blocks)
    ]  # fmt: skip
    return first + b"".join(blocks)


@pytest.fixture
def file(tmp_path):
    def write(data, name="firmware.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """drive("RPI-RP2") is a folder like that boot loader's drive; these alone are mounted."""
    made = []
    monkeypatch.setattr(flash_uf2, "mounted", lambda: [tmp_path, *made])

    def mount(board_id, name="drive"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\nModel: Raspberry Pi\nBoard-ID: {board_id}\n")
        made.append(folder)
        return folder

    return mount


def run(*arguments):
    """(exit code, all that was said) of `linnet flash`, as main() has it."""
    done = CliRunner().invoke(command_line, ["flash", *map(str, arguments)])
    return done.exit_code, done.output + (str(done.exception) if isinstance(done.exception, LinnetError) else "")


# ESP32 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ESP32_GENERIC", "ESP32_GENERIC_S2", "ESP32_GENERIC_S3", "ESP32_GENERIC_C3", "ESP32_GENERIC_C6"])
def test_esptool_flashes_an_image(name, file):
    board = load_board(name)
    image = esp_image(board)
    told = []
    with FakeEsp(board.flashing.chip) as chip:
        flashed = flash(board, file(image), chip.port, progress=lambda *numbers: told.append(numbers))
        start, end = board.flashing.offset, board.flashing.offset + len(image)
        assert chip.flash[start:end] == image and chip.stub
        assert chip.flash[:start] == b"\x5a" * start and chip.flash[-4096:] == b"\x5a" * 4096 and not chip.erased
    assert flashed.what == board.flashing.chip and flashed.n_bytes == len(image)
    done, sizes = zip(*told)
    assert list(done) == sorted(done) and done[-1] == sizes[-1] and len(set(sizes)) == 1 and 0 < sizes[0] < len(image)


def test_an_image_that_does_not_compress(file):
    board = load_board("ESP32_GENERIC_C3")
    noise = random.Random(3).randbytes(40_000)
    image = noise[:12] + esp_image(board)[12:24] + noise[24:]
    image = esp_image(board)[:24] + image[24:0x8000] + b"\xaa\x50" + image[0x8002:]
    told = []
    with FakeEsp("ESP32-C3") as chip:
        flash(board, file(image), chip.port, progress=lambda *numbers: told.append(numbers))
        assert chip.flash[: len(image)] == image
    assert told[-1] == (len(image), len(image))


def test_erase_when_asked(file):
    board = load_board("ESP32_GENERIC")
    with FakeEsp() as chip:
        path = file(esp_image(board))
        code, said = run("ESP32_GENERIC", "--firmware", path, "--port", chip.port, "--erase")
        assert chip.erased and chip.flash[:4096] == b"\xff" * 4096 and chip.flash[4096 : 4096 + 50_001] == path.read_bytes()
    assert code == 0 and "50,001 bytes on ESP32_GENERIC (ESP32)" in said and "then: linnet deploy MODEL" in said


def test_another_chip_at_the_port(file):
    board = load_board("ESP32_GENERIC_S3")
    with FakeEsp("ESP32-C3") as chip:
        code, said = run("ESP32_GENERIC_S3", "--firmware", file(esp_image(board)), "--port", chip.port)
        assert chip.flash == b"\x5a" * len(chip.flash)
    assert code == 1 and f"{chip.port}: the chip there is an ESP32-C3, ESP32_GENERIC_S3 has an ESP32-S3" in said and "\n" not in said


def test_flash_that_does_not_keep_what_is_written(file):
    board = load_board("ESP32_GENERIC")
    with FakeEsp(damage=True) as chip, pytest.raises(LinnetError, match=rf"{chip.port}: MD5 of file does not match.*; flash it again$"):
        flash(board, file(esp_image(board)), chip.port)


@pytest.mark.parametrize(
    "data, message",
    [
        (lambda board: b"\x89PNG" + bytes(100), "is not an image for ESP32 chips: ESP32_GENERIC takes ESP32_GENERIC-2*.bin of micropython.org/"),
        (lambda board: b"", "is not an image for ESP32 chips"),
        (lambda board: uf2(RP2040), "is not an image for ESP32 chips"),
        (lambda board: esp_image(board, chip="ESP32-S3"), "is for an ESP32-S3, ESP32_GENERIC has an ESP32: "),
        (lambda board: esp_image(board)[:0x6000], "holds an application alone, without bootloader and partitions"),
    ],
)
def test_a_wrong_image(data, message, file):
    board = load_board("ESP32_GENERIC")
    with FakeEsp() as chip:
        code, said = run("ESP32_GENERIC", "--firmware", file(data(board)), "--port", chip.port)
        assert not chip.stub and chip.flash == b"\x5a" * len(chip.flash)
    assert code == 1 and "firmware.bin: " + message in said and "\n" not in said


def test_no_port(file, monkeypatch, tmp_path):
    board = load_board("ESP32_GENERIC")
    path = file(esp_image(board))
    code, said = run("ESP32_GENERIC", "--firmware", path, "--port", "/dev/nothing")
    assert code == 1 and said.startswith("/dev/nothing: there is no such port") and "\n" not in said
    monkeypatch.setattr(flash_esptool, "plugged_in", list)
    assert run("ESP32_GENERIC", "--firmware", path) == (1, "no port found for ESP32_GENERIC: plug it in, or name its port with --port")
    monkeypatch.setattr(flash_esptool, "plugged_in", lambda: [("/dev/a", [board]), ("/dev/b", [board])])
    code, said = run("ESP32_GENERIC", "--firmware", path)
    assert code == 1 and said == "several ports may be ESP32_GENERIC: choose one with --port: /dev/a, /dev/b"


def test_the_port_that_is_found(file, monkeypatch):
    board = load_board("ESP32_GENERIC")
    with FakeEsp() as chip:
        monkeypatch.setattr(flash_esptool, "plugged_in", lambda: [("/dev/other", []), (chip.port, [board])])
        assert flash(board, file(esp_image(board))).where == chip.port


def test_a_refused_port(file):
    board = load_board("ESP32_GENERIC")
    with FakeEsp() as chip:
        with open(chip.port, "rb", buffering=0) as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            code, said = run("ESP32_GENERIC", "--firmware", file(esp_image(board)), "--port", chip.port)
    assert (code, said) == (1, f"{chip.port}: cannot be opened; close what else uses it")


def test_a_port_of_others(file, monkeypatch):
    """As pyserial says it of a port that only its group may open; tests may run as root, who may."""
    import serial

    def denied(self, *_, **__):
        raise serial.SerialException(13, "could not open port: [Errno 13] Permission denied")

    monkeypatch.setattr(serial.Serial, "open", denied)
    with FakeEsp() as chip:
        code, said = run("ESP32_GENERIC", "--firmware", file(esp_image(load_board("ESP32_GENERIC"))), "--port", chip.port)
    assert (code, said) == (1, f"{chip.port}: may not be opened by you: join the group that owns it (often dialout)")


def test_nobody_answers(file, monkeypatch):
    monkeypatch.setattr(flash_esptool, "CONNECT_ATTEMPTS", 1)
    board = load_board("ESP32_GENERIC")
    with FakeEsp(mute=True) as chip:
        code, said = run("ESP32_GENERIC", "--firmware", file(esp_image(board)), "--port", chip.port)
    assert code == 1 and said.startswith(f"{chip.port}: no ESP32 chip answers: ") and "hold its BOOT button" in said and "\n" not in said


# RP2040, RP2350 --------------------------------------------------------------------------------------------------


def test_uf2_is_copied_to_the_drive(file, drive):
    folder = drive("RPI-RP2")
    data = uf2(RP2040)
    told = []
    flashed = flash(load_board("RPI_PICO"), file(data, "pico.uf2"), progress=lambda *numbers: told.append(numbers))
    assert (folder / "pico.uf2").read_bytes() == data and flashed.where == str(folder) and told[-1] == (len(data), len(data))
    code, said = run("RPI_PICO_W", "--firmware", file(data, "w.uf2"), "--port", folder)
    assert code == 0 and "on RPI_PICO_W (RPI-RP2)" in said


def test_rp2350_files_begin_with_a_block_for_any_chip(file, drive):
    drive("RP2350")
    any_chip = uf2(0xE48BFF57, n_blocks=1)
    flash(load_board("RPI_PICO2"), file(uf2(ARM, first=any_chip), "arm.uf2"))
    flash(load_board("RPI_PICO2-RISCV"), file(uf2(RISCV, first=any_chip), "riscv.uf2"))
    with pytest.raises(LinnetError, match="is for any RP2 chip, RPI_PICO2 is RP2350, Arm"):
        flash(load_board("RPI_PICO2"), file(any_chip, "nuke.uf2"))


@pytest.mark.parametrize(
    "name, data, message",
    [
        ("RPI_PICO2", uf2(RISCV), r"is for RP2350, RISC-V, RPI_PICO2 is RP2350, Arm: RPI_PICO2 takes RPI_PICO2-2\*.uf2 of micropython"),
        ("RPI_PICO", uf2(ARM), r"is for RP2350, Arm, RPI_PICO is RP2040"),
        ("RPI_PICO", uf2(0x12345678), "is for family 0x12345678, RPI_PICO is RP2040"),
        ("RPI_PICO", uf2(RP2040, flags=0), "is for another chip, RPI_PICO is RP2040"),
        ("RPI_PICO", b"\xe9" + bytes(600), "is not a UF2 file: RPI_PICO takes "),
        ("RPI_PICO", uf2(RP2040)[:-100], "ends within a block of 512 bytes: the download is not complete"),
        ("RPI_PICO", uf2(RP2040)[:-512], "has 299 of 300 blocks: the download is not complete"),
        ("RPI_PICO", uf2(RP2040)[:1020] + b"\0\0\0\0" + uf2(RP2040)[1024:], "is damaged at block 1"),
    ],
)
def test_a_wrong_uf2_file(name, data, message, file, drive):
    folders = drive("RPI-RP2"), drive("RP2350", "other")
    with pytest.raises(LinnetError, match=message):
        flash(load_board(name), file(data, "wrong.uf2"))
    assert not any((folder / "wrong.uf2").exists() for folder in folders)


def test_no_drive_or_another_boards(file, drive, tmp_path):
    path = file(uf2(RP2040), "pico.uf2")
    code, said = run("RPI_PICO", "--firmware", path)
    assert code == 1 and said.startswith("no drive called RPI-RP2 is mounted: to flash RPI_PICO, hold BOOTSEL while plugging it in")
    other = drive("RP2350")
    assert "(RP2350 is there, which is another board)" in run("RPI_PICO", "--firmware", path)[1]
    assert f"{other}: is the drive of RP2350, RPI_PICO has RPI-RP2" in run("RPI_PICO", "--firmware", path, "--port", other)[1]
    assert f"{tmp_path}: has no INFO_UF2.TXT" in run("RPI_PICO", "--firmware", path, "--port", tmp_path)[1]
    drive("RPI-RP2", "a"), drive("RPI-RP2", "b")
    assert "several drives are called RPI-RP2: choose one with --port: " in run("RPI_PICO", "--firmware", path)[1]


@pytest.mark.parametrize("blocks_that_fit, fits", [(100, False), (299, True)])
def test_the_drive_goes_away(blocks_that_fit, fits, file, drive, monkeypatch):
    """A board that restarts with the last block is flashed, one that goes earlier is not."""
    drive("RPI-RP2")
    written = []

    def fsync(_):
        written.append(flash_uf2.CHUNK_BYTES)
        if sum(written) >= blocks_that_fit * 512:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(flash_uf2.os, "fsync", fsync)
    path = file(uf2(RP2040), "pico.uf2")
    if fits:
        assert flash(load_board("RPI_PICO"), path).n_bytes == 300 * 512
    else:
        with pytest.raises(LinnetError, match=r"Input/output error after \d+ of 153600 bytes: plug the board in and flash it again"):
            flash(load_board("RPI_PICO"), path)


def test_mounted_drives_are_found():
    found = flash_uf2.mounted()
    assert all(folder.is_absolute() for folder in found)


# What Linnet does not flash itself -------------------------------------------------------------------------------


def test_openmv_cameras_are_told_how(file):
    path = file(bytes(1000))
    code, said = run("OPENMV4", "--firmware", path)
    assert code == 0 and "Run Bootloader" in said and f"dfu-util -w -d 37c5:9204 -a 2 -R -D {path}" in said
    code, said = run("OPENMV_RT1060", "--firmware", path)
    assert code == 0 and f"there choose {path}" in said and "dfu-util" not in said
    for data, what in ((b"\xe9" + bytes(99), "is an image for ESP32 chips"), (uf2(RP2040), "is a UF2 file")):
        code, said = run("OPENMV4", "--firmware", file(data))
        assert code == 1 and what + ": OPENMV4 takes firmware.bin of OPENMV4 in OpenMV's firmware release" in said


def test_what_cannot_be_flashed(file, tmp_path):
    assert run("qemu-m4f", "--firmware", file(b"x")) == (1, "qemu-m4f is emulated: there is nothing to flash; make boards builds its firmware")
    code, said = run("RPI_PICO", "--firmware", file(uf2(RP2040)), "--erase")
    assert code == 1 and "--erase is for ESP32 boards" in said
    assert run("RPI_PICO", "--firmware", tmp_path / "none.uf2") == (1, f"{tmp_path / 'none.uf2'}: No such file or directory")


def test_every_real_board_can_be_flashed_or_told_how():
    from esptool.targets import CHIP_DEFS

    chips = {chip.CHIP_NAME for chip in CHIP_DEFS.values()}
    for board in all_boards().values():
        if board.flashing:
            assert board.flashing.chip in chips | {None}
            assert board.flashing.family in set(flash_uf2.FAMILIES) | {None}
