# Arm MPS2 with the AN385 image.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385
CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
CFLAGS += -DEMU_UART=0x40004000 -DEMU_UART_RX_IRQ=0 -DEMU_FPGAIO=0x40028000 -DEMU_TICK_HZ=25000000 -DEMU_SYSTICK_HZ=25000000
LDSCRIPT := $(dir $(lastword $(MAKEFILE_LIST)))board.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o
include $(BOARD_DIR)/../qemu/board.mk
