"""What must lie on a board for `import linnet`: native modules of its architecture, and the Python package."""

from pathlib import Path

from linnet.errors import LinnetError
from linnet.layouts import CODES
from linnet.paths import build_dir, checkout
from linnet.probe import loadable

MPY_VERSION = "6"  # of the .mpy files that are built here; the part after the dot tells native ABIs apart

# What the compiler makes of each architecture's module: device/kernels/linnet_core.h.
CORES = {
    "armv6m": "armv6m", "armv7m": "armv6m", "armv7emsp": "armv7em", "armv7emdp": "armv7em", "rv32imc": "rv32imc",
    "xtensawin": "xtensa", "x64": "portable",
}  # fmt: skip


def payload(facts, groups=()):
    """{path on the board: bytes} of what a board with these BoardFacts lacks of the library.

    groups: of operators beyond the base (blob.Blob.groups) that the models need, a native module each.
    Raises LinnetError where the board cannot load native modules, or none was built for it.
    """
    files = {f"{facts.root}/lib/{path.name}": path.read_bytes() for path in _native_modules(facts, groups) + _tools(facts)}
    if "linnet" not in facts.built_in:
        files |= {f"{facts.root}/lib/linnet/{path.name}": path.read_bytes() for path in _package()}
    return files


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
    """Native modules that are no operators: device/linnet/images.py imports one when it is wanted."""
    return [] if "_linnet" in facts.built_in else sorted(_native_folder(facts).glob("_linnet_image.mpy"))


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
