"""What must lie on a board for `import linnet`: native modules of its architecture, and the Python package."""

import zlib
from pathlib import Path

from linnet.errors import LinnetError
from linnet.layouts import CODES
from linnet.paths import build_dir, checkout
from linnet.probe import loadable

JOURNAL, SUMS = "/lib/linnet.install", "/lib/linnet.sums"  # device/linnet/installed.py
TOOLS = "_linnet_audio", "_linnet_image"  # device/natmod/Makefile
MPY_VERSION = "6"  # of the .mpy files that are built here; the part after the dot tells native ABIs apart

# What the compiler makes of each architecture's module: device/kernels/linnet_core.h.
CORES = {
    "armv6m": "armv6m", "armv7m": "armv6m", "armv7emsp": "armv7em", "armv7emdp": "armv7em", "rv32imc": "rv32imc",
    "xtensawin": "xtensa", "x64": "portable",
}  # fmt: skip


def payload(facts, groups=()):
    """{path on the board: bytes} of what a board with these BoardFacts lacks of the library, in the order to put it there.

    groups: of operators beyond the base (blob.Blob.groups) that the models need, a native module each.
    Raises LinnetError where the board cannot load native modules, or none was built for it.
    """
    modules = _native_modules(facts, groups) + _tools(facts)
    if modules:  # those that other models there need stay of one version with the base
        modules += [path for path in sorted(modules[0].parent.glob("_linnet_*.mpy")) if path.name in facts.modules and path not in modules]
    files = {f"{facts.root}/lib/{path.name}": path.read_bytes() for path in modules}
    if "linnet" not in facts.built_in:
        files |= {f"{facts.root}/lib/linnet/{path.name}": path.read_bytes() for path in _package()}
        files |= {facts.root + SUMS: _sums(facts)}
        # installed.py completes what is cut off, __init__.py calls it: they are whole before and after all others.
        first, last = (f"{facts.root}/lib/linnet/{name}.mpy" for name in ("installed", "__init__"))
        files = {first: files.pop(first), **{path: data for path, data in files.items() if path != last}, last: files[last]}
    return files


def _sums(facts):
    modules = [] if "_linnet" in facts.built_in else sorted(_native_folder(facts).glob("_linnet*.mpy"))
    return sums(modules, _package())


def sums(modules, package):
    """A line for each of these files (Paths), whether a board has it or not: CRC-32 and path below lib."""
    files = [(f"/{path.name}", path) for path in modules] + [(f"/linnet/{path.name}", path) for path in package]
    return "\n".join(f"{zlib.crc32(path.read_bytes()):08x} {name}" for name, path in files).encode()


def native_modules(facts, groups=()):
    """Names of the native modules among payload(facts, groups): none where the firmware has Linnet built in."""
    return [path.stem for path in _native_modules(facts, groups)]


def native_archs():
    """The architectures for which native modules are built."""
    return sorted(path.parent.name for path in (_folder() / "natmod").glob("*/_linnet.mpy"))


def tuned_core(facts):
    """The name of the core whose layouts the board's kernels know. Raises LinnetError as payload()."""
    if facts.built_in_core is not None:
        return next(name for name, code in CODES.items() if code == facts.built_in_core)
    return CORES[_native_folder(facts).name]


def _native_modules(facts, groups):
    if "_linnet" in facts.built_in:
        return []
    folder = _native_folder(facts)
    modules = [folder / "_linnet.mpy"] + [folder / f"_linnet_{group}.mpy" for group in groups]
    for module in modules:
        if not module.exists():
            raise LinnetError(f"{module}: the native module that this model needs is not built; run: make natmod")
    return modules


def _tools(facts):
    """Native modules that are no operators: device/linnet/images.py and speech.py import them when they are wanted."""
    if "_linnet" in facts.built_in:
        return []
    return [path for path in sorted(_native_folder(facts).glob("_linnet_*.mpy")) if path.stem in TOOLS]


def _native_folder(facts):
    """Where the modules lie that this board loads, the best of them."""
    where = f"{facts.machine}, MicroPython {facts.version_text}"
    if facts.native_arch == "none":
        raise LinnetError(f"{where}: this firmware loads no native modules; build Linnet into it (device/micropython.mk)")
    if facts.abi.split(".")[0] != MPY_VERSION:
        raise LinnetError(f"{where}: takes .mpy files of version {facts.abi}, Linnet's have {MPY_VERSION}; update MicroPython")
    folder = _folder() / "natmod"
    for arch in loadable(facts.native_arch):
        if (folder / arch / "_linnet.mpy").exists():
            return folder / arch
    have = ", ".join(native_archs())
    raise LinnetError(f"{where}: no native module for {facts.native_arch}; " + (f"there are {have}" if have else "run: make natmod"))


def _package():
    package = sorted((_folder() / "mpy" / "linnet").glob("*.mpy"))
    if not package:
        raise LinnetError(f"{_folder() / 'mpy'}: the board package is not built; run: make natmod")
    return package


def _folder():
    """The folder with natmod/ and mpy/: the checkout's build, or the installed package's own."""
    return build_dir() if checkout() else Path(__file__).with_name("_device")
