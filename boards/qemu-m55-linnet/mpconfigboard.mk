# qemu-m55 with Linnet as a user C module, which boards/Makefile passes as USER_C_MODULES: the compiler then makes the
# Helium kernels, for which MicroPython has no native modules.
include $(BOARD_DIR)/../qemu-m55/mpconfigboard.mk
