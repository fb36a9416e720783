# Arm MPS3 with the AN547 image.
QEMU_ARCH = arm
QEMU_MACHINE = mps3-an547
CFLAGS += -mthumb -mcpu=cortex-m55 -mfloat-abi=hard
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M55"'
CFLAGS += -DEMU_UART=0x59303000 -DEMU_UART_RX_IRQ=33 -DEMU_FPGAIO=0x59302000 -DEMU_TICK_HZ=20000000 -DEMU_SYSTICK_HZ=32000000
LDSCRIPT := $(dir $(lastword $(MAKEFILE_LIST)))board.ld
SRC_BOARD_O = shared/runtime/gchelper_generic.o
include $(BOARD_DIR)/../qemu/board.mk
