"""Firmware for ESP32 chips, through esptool: the chip is asked what it is before anything is written."""

import contextlib
import io
import struct
from pathlib import Path

from linnet.errors import LinnetError
from linnet.flash import Flashed, wrong_file
from linnet.target import plugged_in

BAUD = 460800  # once esptool's own code runs on the chip; MicroPython ports/esp32/boards/deploy.md
CONNECT_ATTEMPTS = 7  # esptool's own number
# ESP-IDF: an image begins with IMAGE_MAGIC, its chip's id at CHIP_ID_OFFSET (bootloader_support, esp_app_format.h); a partition
# table with its magic at PARTITION_TABLE of flash (gen_esp32part.py). MicroPython's .bin has both, its .app-bin the first alone.
IMAGE_MAGIC = 0xE9
CHIP_ID_OFFSET = 12
PARTITION_TABLE = 0x8000
PARTITION_MAGIC = b"\xaa\x50"


def flash_esp(board, path, data, port=None, erase=False, progress=None):
    """Writes an image to the chip's flash, from the board's offset on, and has esptool compare it there; a Flashed. As flash.flash()."""
    check_image(board, path, data)
    port = port or _find(board)
    chip = None
    heard = io.StringIO()  # what esptool prints
    try:
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            chip = _connect(board, port)
            if chip.CHIP_NAME != board.flashing.chip:
                raise LinnetError(f"{port}: the chip there is an {chip.CHIP_NAME}, {board.name} has an {board.flashing.chip}")
            _write(chip, board.flashing.offset, path, erase, progress)
        return Flashed(board, len(data), port, chip.CHIP_NAME)
    finally:
        if chip is not None:
            chip._port.close()


def check_image(board, path, data):
    """Raises LinnetError unless the file is a whole image, bootloader and all, for the board's chip."""
    from esptool.targets import CHIP_DEFS

    if len(data) <= CHIP_ID_OFFSET + 2 or data[0] != IMAGE_MAGIC:
        raise wrong_file(board, path, "is not an image for ESP32 chips")
    chip_id = struct.unpack_from("<H", data, CHIP_ID_OFFSET)[0]
    names = {getattr(chip, "IMAGE_CHIP_ID", None): chip.CHIP_NAME for chip in CHIP_DEFS.values()}
    if names.get(chip_id) != board.flashing.chip:
        raise wrong_file(board, path, f"is for an {names.get(chip_id, f'unknown chip, {chip_id}')}, {board.name} has an {board.flashing.chip}")
    table = PARTITION_TABLE - board.flashing.offset
    if data[table : table + 2] != PARTITION_MAGIC:
        raise wrong_file(board, path, "holds an application alone, without bootloader and partitions")


def _find(board):
    ports = [port for port, known in plugged_in() if board in known]
    if not ports:
        raise LinnetError(f"no port found for {board.name}: plug it in, or name its port with --port")
    if len(ports) > 1:
        raise LinnetError(f"several ports may be {board.name}: choose one with --port: {', '.join(ports)}")
    return ports[0]


def _connect(board, port):
    """The chip's ROM loader at a port: an esptool.ESPLoader."""
    import serial
    from esptool.cmds import detect_chip
    from esptool.util import FatalError

    if "://" not in port and not port.upper().startswith("COM") and not Path(port).exists():
        raise LinnetError(f"{port}: there is no such port; linnet doctor lists those that are there")
    try:
        return detect_chip(port, connect_attempts=CONNECT_ATTEMPTS)
    except (FatalError, serial.SerialException, OSError) as error:
        refused = isinstance(error, serial.SerialException) or isinstance(error.__context__, serial.SerialException)
        if not refused:
            raise LinnetError(f"{port}: no ESP32 chip answers: {_first(error)}; {board.flashing.bootloader}") from None
        if "denied" in f"{error} {error.__context__}":
            raise LinnetError(f"{port}: may not be opened by you: join the group that owns it (often dialout)") from None
        raise LinnetError(f"{port}: cannot be opened; close what else uses it") from None


def _write(chip, offset, path, erase, progress):
    """What `esptool write_flash` does; its own commands, as their functions differ from version 4 to 5."""
    import esptool
    import serial

    dash = "_" if esptool.__version__.startswith("4.") else "-"
    command = ["--baud", str(BAUD), "--after", f"hard{dash}reset", f"write{dash}flash", hex(offset), str(path)]
    if erase:
        command.insert(-2, "--erase-all")
    with _watched(progress):
        try:
            esptool.main(command, chip)
        except SystemExit as end:  # of its command line, which versions 5.0 and 5.1 end by this even when all is well
            if end.code:
                raise
        except (esptool.FatalError, serial.SerialException, OSError) as error:
            raise LinnetError(f"{chip._port.port}: {_first(error)}; flash it again") from None


@contextlib.contextmanager
def _watched(progress):
    """Calls progress(done_bytes, size_bytes) for the blocks that esptool sends: every version of it sends them with these."""
    from esptool.loader import ESPLoader

    names = "flash_begin", "flash_block", "flash_defl_begin", "flash_defl_block"
    saved = {name: getattr(ESPLoader, name) for name in names}
    state = {"size": 0, "done": 0}

    def begin(name, size_argument):
        def watched(chip, *arguments, **options):
            state.update(size=arguments[size_argument], done=0)
            return saved[name](chip, *arguments, **options)

        return watched

    def block(name):
        def watched(chip, data, *arguments, **options):
            result = saved[name](chip, data, *arguments, **options)
            state["done"] = min(state["size"], state["done"] + len(data))
            progress(state["done"], state["size"])
            return result

        return watched

    made = [begin("flash_begin", 0), block("flash_block"), begin("flash_defl_begin", 1), block("flash_defl_block")]
    try:
        for name, method in zip(names, made if progress else []):
            setattr(ESPLoader, name, method)
        yield
    finally:
        for name, method in saved.items():
            setattr(ESPLoader, name, method)


def _first(error):
    """The first line of what an error says, without a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
