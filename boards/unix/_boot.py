# `micropython -m _boot FOLDER`: the folder becomes the board's filesystem, standard input and output its serial port.
import console, os, sys, vfs


class Files(vfs.VfsPosix):
    # MicroPython 1.25's own makes both names in one buffer when they are absolute, and so loses the first.
    def rename(self, old, new):
        here = os.getcwd()
        os.chdir("/")
        try:
            super().rename(old.lstrip("/"), new.lstrip("/"))
        finally:
            os.chdir(here)


vfs.umount("/")
vfs.mount(Files(sys.argv[1]), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib"]
console.run()
