# qemu-m4f with a ROMFS partition, mapped into memory, and a smaller heap (board.toml).
CFLAGS += -DEMU_ROM_BYTES=1048576
SRC_C += emu_rom.c
include $(BOARD_DIR)/../qemu-m4f/mpconfigboard.mk
