# Runs before boot.py at every start and soft reset: the flash filesystem appears at "/".
import qemu, sys, vfs


def mount():
    vfs.mount(vfs.VfsLfs2(qemu.flash, progsize=256), "/")


try:
    mount()
except OSError:
    vfs.VfsLfs2.mkfs(qemu.flash, progsize=256)
    mount()
sys.path.append("/lib")
