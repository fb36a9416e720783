# What every QEMU board shares: included at the end of its mpconfigboard.mk, by MicroPython's ports/qemu/Makefile.
# A board sets QEMU_ARCH, QEMU_MACHINE, its CPU flags and EMU_* (emu_clock.c and emu_uart_*.c say which).

QEMU_COMMON := $(dir $(lastword $(MAKEFILE_LIST)))

CFLAGS += -I$(QEMU_COMMON) -DMP_CONFIGFILE='"$(QEMU_COMMON)mpconfig.h"'
# The heap is the one figure that board.toml and the firmware share.
MICROPY_HEAP_SIZE := $(shell sed -n 's/^heap_bytes = \([0-9]*\).*/\1/p' $(BOARD_DIR)/board.toml)

# One object file a line of `emu_*.c`; the upstream uart.c is empty when no QEMU_SOC_* is defined.
vpath emu_%.c $(QEMU_COMMON)
SRC_C += emu_clock.c emu_flash.c emu_stdio.c
ifeq ($(QEMU_ARCH),arm)
SRC_C += emu_file.c emu_uart_cmsdk.c
LDFLAGS += -L$(QEMU_COMMON)
else ifeq ($(QEMU_ARCH),riscv32)
SRC_C += emu_file.c emu_uart_16550.c
else
SRC_C += emu_simcall.c
endif

# machine.reset() restarts the board; upstream's ends the emulator.
LDFLAGS += -Wl,--wrap=mp_hal_stdio_poll -Wl,--wrap=exit

MICROPY_VFS_LFS2 = 1
FROZEN_MANIFEST = $(QEMU_COMMON)manifest.py
# Not the default folder, so that no checkout of micropython-lib is asked for: the manifest requires nothing of it.
MPY_LIB_DIR = $(QEMU_COMMON)

# Flags are not prerequisites: without this a new heap size would wait for a clean build.
$(BUILD)/main.o: $(BOARD_DIR)/board.toml $(BOARD_DIR)/mpconfigboard.mk
.DEFAULT_GOAL := all
