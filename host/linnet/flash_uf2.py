"""Firmware for RP2040 and RP2350: a UF2 file, copied to the drive that their boot ROM shows."""

import os
import re
import string
import struct
import sys
from pathlib import Path

from linnet.errors import LinnetError
from linnet.flash import Flashed, wrong_file

# A block: github.com/microsoft/uf2, "File format".
BLOCK = struct.Struct("<8I476sI")
MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)
MAGIC_END = 0x0AB16F30
HAS_FAMILY = 0x2000
# Families: pico-sdk src/common/boot_uf2_headers/include/boot/uf2.h. Blocks of ABSOLUTE go anywhere in flash, for any of these
# chips: RP2350 files begin with one, because of erratum RP2350-E10.
ABSOLUTE = 0xE48BFF57
FAMILIES = {
    0xE48BFF56: "RP2040", ABSOLUTE: "any RP2 chip", 0xE48BFF58: "RP2350 data", 0xE48BFF59: "RP2350, Arm", 0xE48BFF5A: "RP2350, RISC-V",
    0xE48BFF5B: "RP2350, Arm, not secure",
}  # fmt: skip
CHUNK_BYTES = 64 * BLOCK.size


def flash_uf2(board, path, data, folder=None, progress=None):
    """Copies a UF2 file's bytes to the drive of the board's boot loader; a Flashed. As flash.flash()."""
    check_uf2(board, path, data)
    drive = Path(folder) if folder else _find(board)
    volume = board_id(drive)
    if volume is None:
        raise LinnetError(f"{drive}: has no INFO_UF2.TXT, so it is not the drive of a boot loader: to flash it, {board.flashing.bootloader}")
    if volume != board.flashing.volume:
        raise LinnetError(f"{drive}: is the drive of {volume}, {board.name} has {board.flashing.volume}: is it another board?")
    _copy(data, drive / Path(path).name, progress)
    return Flashed(board, len(data), str(drive), volume)


def check_uf2(board, path, data):
    """Raises LinnetError unless every block of a UF2 file is sound and for the board's family."""
    if not data.startswith(MAGIC):
        raise wrong_file(board, path, "is not a UF2 file")
    if len(data) % BLOCK.size:
        raise wrong_file(board, path, f"ends within a block of {BLOCK.size} bytes: the download is not complete")
    families = set()
    n_blocks = {}
    for number, block in enumerate(BLOCK.iter_unpack(data)):
        *magic, flags, _, _, _, total, family, _, end = block
        if struct.pack("<II", *magic) != MAGIC or end != MAGIC_END:
            raise wrong_file(board, path, f"is damaged at block {number}")
        family = family if flags & HAS_FAMILY else None
        families.add(family)
        n_blocks.setdefault(family, [total, 0])[1] += 1
    other = families - {board.flashing.family, ABSOLUTE}
    if other or board.flashing.family not in families:
        names = ", ".join(sorted(FAMILIES.get(family, "another chip" if family is None else f"family {family:#010x}") for family in other or families))
        raise wrong_file(board, path, f"is for {names}, {board.name} is {FAMILIES[board.flashing.family]}")
    total, there = n_blocks[board.flashing.family]
    if there != total:
        raise wrong_file(board, path, f"has {there} of {total} blocks: the download is not complete")


def board_id(drive):
    """What a mounted drive's INFO_UF2.TXT calls the board, None when it has none."""
    try:
        text = (Path(drive) / "INFO_UF2.TXT").read_text(errors="replace")
    except OSError:
        return None
    found = re.search(r"^Board-ID:\s*(\S+)", text, re.M)
    return found[1] if found else ""


def mounted():
    """The folders where drives are mounted."""
    mounts = Path("/proc/self/mounts")
    if mounts.exists():
        places = [re.sub(r"\\([0-7]{3})", _octal, line.split(" ")[1]) for line in mounts.read_text().splitlines()]
        return [Path(place) for place in places if not place.startswith(("/proc", "/sys", "/dev"))]
    if sys.platform == "win32":
        return [Path(f"{letter}:/") for letter in string.ascii_uppercase[3:] if Path(f"{letter}:/").exists()]
    return sorted(Path("/Volumes").glob("*"))


def _octal(found):
    """A character that /proc/self/mounts writes as a number: \\040 is a space."""
    return chr(int(found[1], 8))


def _find(board):
    drives = {drive: board_id(drive) for drive in mounted()}
    right = [drive for drive, volume in drives.items() if volume == board.flashing.volume]
    if not right:
        others = sorted({volume for volume in drives.values() if volume})
        seen = f" ({', '.join(others)} is there, which is another board)" if others else ""
        raise LinnetError(f"no drive called {board.flashing.volume} is mounted{seen}: to flash {board.name}, {board.flashing.bootloader}")
    if len(right) > 1:
        raise LinnetError(f"several drives are called {board.flashing.volume}: choose one with --port: {', '.join(map(str, right))}")
    return right[0]


def _copy(data, target, progress):
    done = 0
    try:
        with open(target, "wb", buffering=0) as file:
            for start in range(0, len(data), CHUNK_BYTES):
                done += file.write(data[start : start + CHUNK_BYTES])
                os.fsync(file.fileno())
                if progress:
                    progress(done, len(data))
    except OSError as error:
        # The board restarts at the last block, and the drive is gone before the file is closed.
        if done < len(data) - CHUNK_BYTES:
            raise LinnetError(f"{target}: {error.strerror} after {done} of {len(data)} bytes: plug the board in and flash it again") from None
