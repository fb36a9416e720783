"""Lays out what is built for mip: OUT/<arch>_<abi>/package.json and, for each further group of operators, GROUP.json.

The layout is the one that MicroPython's mip is to resolve by itself ({MPY_ARCH}_{MPY_VERSION}). An architecture that has
no build of its own gets the best that it loads.

usage: lay_out.py BUILD OUT     BUILD has natmod/<arch>/*.mpy and mpy/linnet/*.mpy
"""

import json
import shutil
import sys
from pathlib import Path

from linnet import __version__
from linnet.board import NATIVE_ARCHS
from linnet.payload import sums
from linnet.probe import loadable


def lay_out(build, out):
    """Writes the folders below `out` (Paths) and returns them."""
    shutil.rmtree(out, ignore_errors=True)
    folders = []
    for arch in NATIVE_ARCHS:
        best = next((build / "natmod" / name for name in loadable(arch) if (build / "natmod" / name / "_linnet.mpy").exists()), None)
        if best:
            folders.append(_folder(arch, best, sorted((build / "mpy").glob("linnet/*.mpy")), out))
    shutil.copy(Path(__file__).with_name("linnet_install.py"), out)
    return folders


def _folder(arch, modules, package, out):
    base = modules / "_linnet.mpy"
    header = base.read_bytes()[:4]  # "M", version, flags with the sub-version in the lowest two bits: py/persistentcode.h
    folder = out / f"{arch}_{header[1]}.{header[2] & 3}"
    (folder / "linnet").mkdir(parents=True)
    for path in package:
        shutil.copy(path, folder / "linnet")
    (folder / "linnet.sums").write_bytes(sums(sorted(modules.glob("_linnet*.mpy")), package))
    _write(folder / "package.json", ["linnet.sums", "_linnet.mpy", *(f"linnet/{path.name}" for path in package)])
    for path in sorted(modules.glob("_linnet*.mpy")):
        shutil.copy(path, folder)
        if path != base:
            _write(folder / f"{path.stem.removeprefix('_linnet_')}.json", [path.name])
    return folder


def _write(path, files):
    path.write_text(json.dumps({"urls": [[name, name] for name in files], "deps": [], "version": __version__}, indent=4) + "\n")


if __name__ == "__main__":
    for folder in lay_out(Path(sys.argv[1]), Path(sys.argv[2])):
        print(f"{folder}: {', '.join(sorted(path.name for path in folder.glob('*.json')))}")
