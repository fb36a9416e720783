# Arm MPS2 with the AN505 image.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an505
CFLAGS += -mthumb -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M33"'
CFLAGS += -DEMU_UART=0x50200000 -DEMU_UART_RX_IRQ=32 -DEMU_FPGAIO=0x50302000 -DEMU_TICK_HZ=20000000 -DEMU_SYSTICK_HZ=20000000
LDSCRIPT := $(dir $(lastword $(MAKEFILE_LIST)))board.ld
SRC_BOARD_O = shared/runtime/gchelper_generic.o
include $(BOARD_DIR)/../qemu/board.mk
