"""Prints what each native module costs and fails when a base exceeds its limit.

usage: sizes.py FOLDER [ARCH=LIMIT_BYTES ...] ARCH ...
"""

import pathlib
import sys


def section_bytes(folder):
    """Bytes of all machine code and constants in a module's own object files."""
    from elftools.elf.elffile import ELFFile

    sizes = {".text": 0, ".rodata": 0}
    for path in folder.glob("*.o"):
        with path.open("rb") as file:
            for section in ELFFile(file).iter_sections():
                for kind in sizes:
                    if section.name.startswith((kind, ".data.rel.ro") if kind == ".rodata" else kind):
                        sizes[kind] += section.data_size
    return sizes[".text"], sizes[".rodata"]


def main(folder, *args):
    limits = dict(arg.split("=") for arg in args if "=" in arg)
    print(f"{'native module':28} {'code':>7} {'const':>7} {'.mpy':>7}  bytes (.mpy: with the parts of libgcc and the base it takes)")
    over = []
    for arch in (arg for arg in args if "=" not in arg):
        for module in sorted((folder / arch).glob("_linnet*.mpy")):
            text, rodata = section_bytes(folder / arch / module.stem.replace("_linnet", "obj"))
            mpy = module.stat().st_size
            limited = module.stem == "_linnet" and arch in limits
            limit = int(limits[arch]) if limited else mpy
            where = f"{arch}/{module.stem}"
            print(f"{where:28} {text:7,} {rodata:7,} {mpy:7,}" + (f"  of at most {limit:,}" if limited else ""))
            if mpy > limit:
                over.append(f"natmod/{where}.mpy: {mpy:,} bytes, at most {limit:,} allowed")
    sys.exit("\n".join(over) or 0)


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
