# Frozen into every QEMU board: only what mounts the filesystem.
freeze("$(BOARD_DIR)/../qemu", "_boot.py")
