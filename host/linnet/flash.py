"""Firmware onto a board: the file is checked against the board first, then goes the way that its board.toml names."""

from dataclasses import dataclass
from pathlib import Path

from linnet.errors import LinnetError


@dataclass(frozen=True)
class Flashed:
    """What flash() did."""

    board: object  # linnet.board.Board
    n_bytes: int
    where: str  # a serial port, a folder; "" when nothing was flashed
    what: str = ""  # the chip that answered, or the drive's Board-ID
    instructions: str = ""  # what the user does, where Linnet does not flash the board itself


def flash(board, firmware, port=None, erase=False, progress=None):
    """Puts the file `firmware` (a path) on a Board; a Flashed.

    port: a serial port, or the folder where the drive of a UF2 boot loader is mounted; None: the one that is found. erase:
    the whole flash first, the filesystem too. progress(done_bytes, size_bytes). Raises LinnetError, nothing having been
    written, where the file, the port or the chip is not the board's.
    """
    if board.flashing is None:
        raise LinnetError(f"{board.name} is emulated: there is nothing to flash; make boards builds its firmware")
    try:
        data = Path(firmware).read_bytes()
    except OSError as error:
        raise LinnetError(f"{firmware}: {error.strerror}") from None
    method = board.flashing.method
    if erase and method != "esptool":
        raise LinnetError(f"{board.name}: firmware leaves its files where they are; --erase is for ESP32 boards")
    if method == "esptool":
        from linnet.flash_esptool import flash_esp

        return flash_esp(board, firmware, data, port, erase, progress)
    if method == "uf2":
        from linnet.flash_uf2 import flash_uf2

        return flash_uf2(board, firmware, data, port, progress)
    return _instruct(board, firmware, data)


def wrong_file(board, path, why):
    """A LinnetError: the file is not firmware for the board."""
    what = board.flashing.firmware
    if board.port == "openmv":
        where = f"{what} of {board.name} in OpenMV's firmware release, github.com/openmv/openmv/releases"
    else:
        where = f"{what} of micropython.org/download/{board.name.split('-')[0]}"
    return LinnetError(f"{path}: {why}: {board.name} takes {where}")


def _instruct(board, path, data):
    from linnet.flash_uf2 import MAGIC

    if data.startswith(MAGIC):
        raise wrong_file(board, path, "is a UF2 file")
    if data.startswith(b"\xe9"):
        raise wrong_file(board, path, "is an image for ESP32 chips")
    flashing = board.flashing
    told = f"To flash {board.name}, {flashing.bootloader}"
    told += f":\n\n    {flashing.command.replace('FIRMWARE', str(path))}\n" if flashing.command else f"; there choose {path}.\n"
    return Flashed(board, len(data), "", instructions=told)
