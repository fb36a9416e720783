"""board.toml: every one in boards/ reads, real ones say where each fact is from, and each wrong one is refused with a sentence."""

import fnmatch
import json
import re

import pytest
from click.testing import CliRunner

from linnet import board
from linnet.cli import linnet as command_line
from linnet.errors import LinnetError

GOOD = """
name = "somewhere"
title = "Some board"
port = "rp2"
mcu = "RP2040"
core = "cortex-m0plus"
clock_hz = 125000000
native_arch = "armv6m"
heap_bytes = 194560
flash_bytes = 1441792
romfs = false
linnet_built_in = false
usb_ids = ["2e8a:0005"]

[flashing]
method = "uf2"
firmware = "SOMEWHERE-*.uf2"
bootloader = "hold BOOTSEL while plugging it in"
volume = "RPI-RP2"
family = 0xe48bff56
"""
EMULATOR = """
[emulator]
program = "qemu-system-arm"
arguments = ["-machine", "mps2-an385"]
package = "qemu-system-arm"
firmware = "firmware.elf"
"""
NAMES = sorted(path.parent.name for path in board.boards_dir().glob("*/board.toml"))


@pytest.fixture
def toml(tmp_path):
    """toml(text) is the path of a board.toml of that text, in a folder called somewhere."""

    def write(text):
        path = tmp_path / "somewhere" / "board.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


REAL = [name for name in NAMES if not name.startswith(("qemu-", "unix"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_board_reads(name):
    found = board.load_board(name)
    assert found.name == name
    assert (found.flashing is None) == name.startswith(("qemu-", "unix"))
    assert found.clock_hz >= 1_000_000 and found.heap_bytes >= 65536 and found.flash_bytes % 4096 == 0
    assert found.linnet_built_in == name.endswith("-linnet")
    assert found.emulated or found.usb_ids


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_is_complete(name):
    found = board.load_board(name)
    assert found.port in ("rp2", "esp32", "openmv") and found.cores in (1, 2)
    assert found.native_arch in ARCHS[found.core], "the core does not run this architecture's code"
    assert 32_000_000 <= found.clock_hz <= 1_000_000_000 and 16384 <= found.heap_segment_bytes <= found.heap_bytes <= 1 << 26
    assert 131072 <= found.flash_bytes <= 1 << 26
    assert bool(found.romfs_bytes) == found.romfs and (found.romfs_bytes or 0) % 4096 == 0
    assert {"rp2": "uf2", "esp32": "esptool"}.get(found.port, "dfu" if name != "OPENMV_RT1060" else "ide") == found.flashing.method
    assert "*" in found.flashing.firmware or found.flashing.firmware.startswith("firmware.")
    assert found.flashing.command is None or found.flashing.command.endswith(" FIRMWARE")


# Cores and the native code that MicroPython takes on them.
ARCHS = {
    "cortex-m0plus": ("armv6m",), "cortex-m33": ("armv7emsp",), "cortex-m7": ("armv7emsp", "armv7emdp"), "cortex-m55": ("armv7emdp",),
    "rv32imc": ("rv32imc",), "xtensa-lx6": ("xtensawin",), "xtensa-lx7": ("xtensawin",),
}  # fmt: skip
SOURCE = re.compile(r"emulated|sdkconfig\.\w+|[\w.*]+\.(h|c|py|csv|cmake|mk|json|ld|md|toml)\b|github\.com/|datasheet|documentation|[Ee]stimate")


@pytest.mark.parametrize("name", REAL)
def test_every_fact_has_its_source(name):
    """The comment lines above a key, or above the keys before it without one between, name a file, a document or say "estimate"."""
    comment, sourced = "", set()
    for line in (board.boards_dir() / name / "board.toml").read_text().splitlines():
        if line.startswith("#"):
            comment += line
        elif "=" in line:
            if SOURCE.search(comment):
                sourced.add(line.split("=")[0].strip())
            comment = ""
    found = board.load_board(name)
    wanted = {"clock_hz", "heap_bytes", "flash_bytes", "romfs", "usb_ids"}
    wanted |= {"uf2": {"volume", "family"}, "esptool": {"offset"}, "dfu": {"command"}, "ide": {"bootloader"}}[found.flashing.method]
    assert wanted <= sourced


def test_the_boards_of_the_issue():
    assert set(REAL) >= {
        "RPI_PICO", "RPI_PICO_W", "RPI_PICO2", "RPI_PICO2-RISCV", "ESP32_GENERIC", "ESP32_GENERIC_S2", "ESP32_GENERIC_S3",
        "ESP32_GENERIC_C3", "ESP32_GENERIC_C6", "ESP32_GENERIC_P4", "OPENMV4", "OPENMV4P", "OPENMV_RT1060", "OPENMV_AE3", "OPENMV_N6",
        "ARDUINO_NICLA_VISION", "ARDUINO_PORTENTA_H7", "ARDUINO_NANO_RP2040_CONNECT",
    }  # fmt: skip


def test_firmware_patterns_tell_boards_of_a_kind_apart():
    """A file as MicroPython names it is that of one board alone."""
    patterns = {name: board.load_board(name).flashing.firmware for name in REAL}
    for name, pattern in patterns.items():
        if pattern.startswith(name.split("-")[0]):
            file = pattern.replace("2*", "20250415-v1.25.0").replace("*", "20250415-v1.25.0")
            assert [other for other, its in patterns.items() if fnmatch.fnmatch(file, its)] == [name]


def test_the_boards_that_the_tests_run_on():
    emulated = {name for name, found in board.all_boards().items() if found.emulated}
    assert emulated >= {
        "qemu-m0plus", "qemu-m3", "qemu-m4f", "qemu-m7", "qemu-m33", "qemu-m55", "qemu-rv32", "unix",
        "qemu-m4f-linnet", "unix-linnet",
    }  # fmt: skip


def test_a_flavour_differs_only_by_linnet():
    for name in ("qemu-m4f", "unix"):
        plain, flavour = board.load_board(name), board.load_board(name + "-linnet")
        for field in ("mcu", "core", "clock_hz", "native_arch", "heap_bytes", "flash_bytes", "emulator"):
            assert getattr(plain, field) == getattr(flavour, field), field


def test_name_in_any_case():
    assert board.load_board("QEMU-M4F").name == "qemu-m4f"
    assert board.load_board("rpi_pico").name == "RPI_PICO"


def test_unknown_name_names_close_ones():
    with pytest.raises(LinnetError, match=r'no board is called "qemu-m4"; did you mean qemu-m4f\b'):
        board.load_board("qemu-m4")
    with pytest.raises(LinnetError, match=r'no board is called "toaster"; known boards: .*RPI_PICO'):
        board.load_board("toaster")


def test_usb():
    assert {found.name for found in board.match_usb(0x2E8A, 0x0005)} >= {"RPI_PICO", "RPI_PICO2"}
    assert board.match_usb(0x1234, 0x5678) == []


def test_native_arch_name():
    # sys.implementation._mpy of an emulated RP2040 and of the unix port, MicroPython 1.25.
    assert board.native_arch_name(4870) == "armv6m"
    assert board.native_arch_name(2822) == "x64"
    assert board.native_arch_name(15 << 10) == "unknown architecture 15"


def test_real_and_emulated(toml):
    found = board.read_board(toml(GOOD))
    assert not found.emulated and found.flashing.family == 0xE48BFF56 and found.heap_segment_bytes == found.heap_bytes == 194560
    found = board.read_board(toml(GOOD.replace("heap_bytes = 194560", "heap_bytes = 194560\nheap_segments = [64560, 130000]")))
    assert found.heap_segments == (64560, 130000) and found.heap_segment_bytes == 130000
    found = board.read_board(toml(GOOD + EMULATOR))
    assert found.emulator.arguments == ("-machine", "mps2-an385") and found.emulator.icount_shift is None
    assert found.usb_ids == ((0x2E8A, 0x0005),)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('title = "Some board"\n', "", 'key "title" is missing'),
        ('title = "Some board"', "title = 3", '"title" must be a string, not 3'),
        ("clock_hz = 125000000", 'clock_hz = "125 MHz"', "\"clock_hz\" must be a positive whole number, not '125 MHz'"),
        ("heap_bytes = 194560", "heap_bytes = 0", '"heap_bytes" must be a positive whole number, not 0'),
        ("heap_bytes = 194560", "heap_bytes = true", '"heap_bytes" must be a positive whole number, not True'),
        ("romfs = false", "romfs = 0", '"romfs" must be true or false, not 0'),
        ("romfs = false", "romfs = false\nwifi = true", 'unknown key "wifi"; known: name, '),
        ('"armv6m"', '"armv9"', 'native_arch "armv9" is unknown; known: none, x86'),
        ('name = "somewhere"', 'name = "elsewhere"', 'name is "elsewhere"; it must be the folder\'s, "somewhere"'),
        ('["2e8a:0005"]', '"2e8a:0005"', '"usb_ids" must be a list of strings'),
        ('["2e8a:0005"]', '["2e8a"]', 'usb_ids: "2e8a" must be two times four hex digits'),
        ('["2e8a:0005"]', '["pico:0005"]', 'usb_ids: "pico:0005" must be two times four hex digits'),
        ("[emulator]\n", "[emulator]\nspeed = 1\n", 'unknown key "emulator.speed"'),
        ('program = "qemu-system-arm"\n', "", 'key "emulator.program" is missing'),
        ('["-machine", "mps2-an385"]', "[1]", '"emulator.arguments" must be a list of strings'),
        ('port = "rp2"', 'port = "rp3"', 'port "rp3" is unknown; known: rp2, esp32, openmv'),
        ('"cortex-m0plus"', '"z80"', 'core "z80" is unknown; known: cortex-m0plus'),
        ("heap_bytes = 194560", "heap_bytes = 194560\nheap_segments = [1, 2]", "heap_segments add up to 3, heap_bytes is 194560"),
        ("heap_bytes = 194560", "heap_bytes = 194560\nheap_segments = 7", '"heap_segments" must be a list of positive whole numbers, not 7'),
        ("romfs = false", "romfs = false\nromfs_bytes = 4096", "romfs_bytes is given, but romfs is false"),
        ('method = "uf2"', 'method = "ftp"', 'flashing.method "ftp" is unknown; known: uf2, esptool, dfu'),
        ("family = 0xe48bff56\n", "", 'flashing.method is "uf2": key "flashing.family" is missing'),
        ("family = 0xe48bff56\n", "family = 0xe48bff56\noffset = 0\n", 'flashing.method is "uf2": key "flashing.offset" is not for it'),
        ("family = 0xe48bff56\n", "family = 0xe48bff56\noffset = -1\n", '"flashing.offset" must be a whole number from 0, not -1'),
        ("clock_hz = ", "clock_hz ", "is not valid TOML"),
    ],
)
def test_wrong_board(toml, old, new, message):
    text = GOOD + EMULATOR
    assert old in text
    with pytest.raises(LinnetError) as caught:
        board.read_board(toml(text.replace(old, new)))
    assert str(caught.value).startswith("somewhere/board.toml: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('port = "rp2"\n', "", 'key "port" is missing: every real board has it'),
        (GOOD[GOOD.index("[flashing]") :], "", 'key "flashing" is missing: every real board has it'),
        (GOOD[GOOD.index("[flashing]") :], "flashing = 1", "flashing must be a table"),
        (GOOD, GOOD.replace("[flashing]", "emulator = 1\n[flashing]"), "emulator must be a table"),
    ],
)
def test_wrong_real_board(toml, old, new, message):
    with pytest.raises(LinnetError, match=message):
        board.read_board(toml(GOOD.replace(old, new)))


def test_missing_file(tmp_path):
    with pytest.raises(LinnetError, match="cannot be read: No such file"):
        board.read_board(tmp_path / "somewhere" / "board.toml")


def boards_command(*arguments):
    return CliRunner().invoke(command_line, ["boards", *arguments])


@pytest.mark.parametrize(
    "arguments, names",
    [
        (("--port", "esp32", "--core", "rv32"), ["ESP32_GENERIC_C3", "ESP32_GENERIC_C6", "ESP32_GENERIC_P4"]),
        (("--core", "cortex-m33"), ["RPI_PICO2", "qemu-m33"]),
        (("--emulated", "--heap-at-least", "400000", "--core", "cortex"), ["qemu-m33", "qemu-m7"]),
        (("--port", "openmv", "--heap-at-least", "4194304"), ["OPENMV4P", "OPENMV_AE3", "OPENMV_N6", "OPENMV_RT1060"]),
        (("rpi_pico_w",), ["RPI_PICO_W"]),
    ],
)
def test_boards_lists_and_filters(arguments, names):
    listed = json.loads(boards_command(*arguments, "--json").output)
    assert sorted(entry["name"] for entry in listed) == names
    text = boards_command(*arguments).output
    assert all(name in text for name in names) and "ARDUINO_NANO_RP2040_CONNECT" not in text


def test_boards_shows_what_a_model_may_use():
    text = " ".join(boards_command("ESP32_GENERIC").output.split())
    assert "158,192 bytes after start-up, 110,592 of them in one piece" in text and "this firmware has no ROMFS" in text
    assert "ESP32_GENERIC-2*.bin: linnet flash ESP32_GENERIC --firmware FILE" in text
    assert "in ROMFS, 8,388,608 bytes" in " ".join(boards_command("OPENMV4P").output.split())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--core", "z80"), 'no board has the core "z80"; there are cortex-m0plus,'),
        (("--port", "esp32", "--core", "cortex-m7"), "no board is like that: leave an option out"),
    ],
)
def test_boards_finds_none(arguments, message):
    assert message in str(boards_command(*arguments).exception)
