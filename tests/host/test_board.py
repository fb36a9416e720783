"""board.toml: every one in boards/ reads, and each wrong one is refused with a sentence."""

import pytest

from linnet import board
from linnet.errors import LinnetError

GOOD = """
name = "somewhere"
title = "Some board"
mcu = "RP2040"
core = "cortex-m0plus"
clock_hz = 125000000
native_arch = "armv6m"
heap_bytes = 194560
flash_bytes = 1441792
romfs = false
linnet_built_in = false
usb_ids = ["2e8a:0005"]
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


@pytest.mark.parametrize("name", NAMES)
def test_every_board_reads(name):
    found = board.load_board(name)
    assert found.name == name
    assert found.emulated == name.startswith(("qemu-", "unix"))
    assert found.clock_hz >= 1_000_000 and found.heap_bytes >= 65536 and found.flash_bytes % 4096 == 0
    assert found.linnet_built_in == name.endswith("-linnet")
    assert found.emulated or found.usb_ids


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
    assert not board.read_board(toml(GOOD)).emulated
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
        (EMULATOR, "emulator = 1\n", "emulator must be a table"),
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


def test_missing_file(tmp_path):
    with pytest.raises(LinnetError, match="cannot be read: No such file"):
        board.read_board(tmp_path / "somewhere" / "board.toml")
