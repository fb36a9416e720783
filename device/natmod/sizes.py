"""Prints what each native module costs and fails when one exceeds its limit.

usage: sizes.py FOLDER [ARCH=LIMIT_BYTES ...] ARCH ...
"""

import pathlib
import sys


def section_bytes(folder):
    """Bytes of all machine code and constants in an architecture's own object files."""
    from elftools.elf.elffile import ELFFile

    sizes = {".text": 0, ".rodata": 0}
    for path in (folder / "obj").glob("*.o"):
        with path.open("rb") as file:
            for section in ELFFile(file).iter_sections():
                for kind in sizes:
                    if section.name.startswith((kind, ".data.rel.ro") if kind == ".rodata" else kind):
                        sizes[kind] += section.data_size
    return sizes[".text"], sizes[".rodata"]


def main(folder, *args):
    limits = dict(arg.split("=") for arg in args if "=" in arg)
    print(f"{'native module':14} {'code':>7} {'const':>7} {'.mpy':>7}  bytes (.mpy: with libgcc's parts)")
    over = []
    for arch in (arg for arg in args if "=" not in arg):
        text, rodata = section_bytes(folder / arch)
        mpy = (folder / arch / "_linnet.mpy").stat().st_size
        limit = int(limits.get(arch, mpy))
        print(f"{arch:14} {text:7,} {rodata:7,} {mpy:7,}" + (f"  of at most {limit:,}" if arch in limits else ""))
        if mpy > limit:
            over.append(f"natmod/{arch}/_linnet.mpy: {mpy:,} bytes, at most {limit:,} allowed")
    sys.exit("\n".join(over) or 0)


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
