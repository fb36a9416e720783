"""What must lie on a board for `import linnet`: the native module of its architecture, and the Python package."""

from pathlib import Path

from linnet.errors import LinnetError
from linnet.paths import build_dir, checkout
from linnet.probe import loadable

MPY_VERSION = "6"  # of the .mpy files that are built here; the part after the dot tells native ABIs apart


def payload(facts):
    """{path on the board: bytes} of the library for a board with these BoardFacts; nothing where it is built in.

    Raises LinnetError where the board cannot load native modules, or none was built for it.
    """
    if facts.built_in:
        return {}
    where = f"{facts.machine}, MicroPython {facts.version_text}"
    if facts.native_arch == "none":
        raise LinnetError(f"{where}: this firmware loads no native modules; build Linnet into it (device/micropython.mk)")
    if facts.abi.split(".")[0] != MPY_VERSION:
        raise LinnetError(f"{where}: takes .mpy files of version {facts.abi}, Linnet's have {MPY_VERSION}; update MicroPython")
    folder = _folder()
    modules = [folder / "natmod" / arch / "_linnet.mpy" for arch in loadable(facts.native_arch)]
    module = next((path for path in modules if path.exists()), None)
    if module is None:
        have = ", ".join(sorted(path.parent.name for path in folder.glob("natmod/*/_linnet.mpy")))
        remedy = "make natmod" if not have else f"there are {have}"
        raise LinnetError(f"{where}: no native module for {facts.native_arch}; {remedy}")
    package = sorted((folder / "mpy" / "linnet").glob("*.mpy"))
    if not package:
        raise LinnetError(f"{folder / 'mpy'}: the board package is not built; run: make natmod")
    files = {f"{facts.root}/lib/_linnet.mpy": module.read_bytes()}
    return files | {f"{facts.root}/lib/linnet/{path.name}": path.read_bytes() for path in package}


def _folder():
    """The folder with natmod/ and mpy/: the checkout's build, or the installed package's own."""
    return build_dir() if checkout() else Path(__file__).with_name("_device")
