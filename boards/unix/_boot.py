# `micropython -m _boot FOLDER`: the folder becomes the board's filesystem, standard input and output its serial port.
import console, os, sys, vfs

vfs.umount("/")
vfs.mount(vfs.VfsPosix(sys.argv[1]), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib"]
console.run()
