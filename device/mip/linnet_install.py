"""Picks the build of Linnet that this board loads: until mip does so itself, this script is between.

From a PC, with mip's files in FOLDER:   mpremote run FOLDER/linnet_install.py     prints "armv6m_6.3"
                                         mpremote mip install FOLDER/armv6m_6.3/package.json
On a board with a network:               import mip; mip.install(URL + "/linnet_install.py")
                                         import linnet_install; linnet_install.install(URL)
"""

import sys

# sys.implementation._mpy >> 10 & 15 is a place in this list (MicroPython, py/persistentcode.h).
_ARCHS = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip


def folder():
    """The name of the folder with this board's build: architecture and version of .mpy files, "armv6m_6.3".

    Raises OSError where the firmware loads no native modules.
    """
    mpy = getattr(sys.implementation, "_mpy", 0)
    arch = mpy >> 10 & 15
    if not 0 < arch < len(_ARCHS):
        raise OSError("this firmware loads no native modules: take one with Linnet built in")
    return "%s_%d.%d" % (_ARCHS[arch], mpy & 255, mpy >> 8 & 3)


def install(base, groups=()):
    """mip.install of the build under the URL `base`; groups: of operators that the models need, "math", ...

    `linnet fit MODEL` on a PC names the groups of a model.
    """
    import mip

    for package in ("package",) + tuple(groups):
        mip.install("%s/%s/%s.json" % (base, folder(), package))


if __name__ == "__main__":
    print(folder())
