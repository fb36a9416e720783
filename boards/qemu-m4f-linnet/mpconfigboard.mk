# qemu-m4f with Linnet as a user C module, which boards/Makefile passes as USER_C_MODULES.
include $(BOARD_DIR)/../qemu-m4f/mpconfigboard.mk
