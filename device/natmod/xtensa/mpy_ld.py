"""MicroPython's tools/mpy_ld.py for what clang compiles for Xtensa: it knows GCC's object files only.

usage: mpy_ld.py MICROPYTHON/tools ARGUMENT ...
"""

import os
import struct
import sys

tools = sys.argv.pop(1)
sys.path.insert(0, tools)
sys.argv[0] = os.path.join(tools, "mpy_ld.py")
import mpy_ld  # noqa: E402  (from MicroPython's tree)

load_as_gcc = mpy_ld.load_object_file


def load_object_file(env, file, name):
    """mpy_ld's own, then what GCC does otherwise is made as GCC does it."""
    n_sections, n_literals = len(env.sections), len(env.literal_sections)
    load_as_gcc(env, file, name)
    for section in env.literal_sections[n_literals:]:
        _move_addends(section)
    for i, section in enumerate(env.sections[n_sections:], n_sections):
        _clear_immediates(section)
        # Constants that hold addresses.
        if section.name.startswith(".rodata") and section.reloc:
            section.name = ".data.rel.ro"
        # What a literal refers to is told apart by the section's name, which must not be another file's as well.
        section.name += f".{i}"


def _move_addends(section):
    """From the relocation to the place that is relocated."""
    data = section.data = bytearray(section.data)
    for reloc in section.reloc:
        if reloc.sym.entry["st_info"]["type"] == "STT_SECTION":
            at = reloc["r_offset"]
            (value,) = struct.unpack_from("<I", data, at)
            struct.pack_into("<I", data, at, (value + reloc["r_addend"]) & 0xFFFFFFFF)
            reloc.entry["r_addend"] = 0


def _clear_immediates(section):
    """Of every l32r that loads a literal: clang leaves 0xffff where mpy_ld adds the distance to what is there."""
    for reloc in section.reloc:
        if reloc["r_info_type"] == mpy_ld.R_XTENSA_SLOT0_OP and reloc.sym.section.name.startswith(".literal"):
            section.data = bytearray(section.data)
            at = reloc["r_offset"]
            assert section.data[at] & 15 == 1, "not an l32r"
            section.data[at + 1 : at + 3] = b"\0\0"


mpy_ld.load_object_file = load_object_file
mpy_ld.main()
