# MicroPython's os, with a rename that works: VfsPosix of 1.25 makes both names in one buffer when they are absolute, and
# so loses the first. Relative ones it takes as they are.
import uos
from uos import *


def rename(old, new):
    here = uos.getcwd()
    uos.chdir("/")
    try:
        uos.rename(_from_root(old, here), _from_root(new, here))
    finally:
        uos.chdir(here)


def _from_root(path, here):
    return (path if path.startswith("/") else here.rstrip("/") + "/" + path).lstrip("/")
