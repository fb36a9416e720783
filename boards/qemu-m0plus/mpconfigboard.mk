# Arm MPS2 with the AN385 image. Its core is an M3 (QEMU has no M0+ with this much memory), but all code is compiled for an M0+.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385
CFLAGS += -mthumb -mcpu=cortex-m0plus -mfloat-abi=soft
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M0+"'
CFLAGS += -DEMU_UART=0x40004000 -DEMU_UART_RX_IRQ=0 -DEMU_FPGAIO=0x40028000 -DEMU_TICK_HZ=25000000 -DEMU_SYSTICK_HZ=25000000
LDSCRIPT := $(dir $(lastword $(MAKEFILE_LIST)))board.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb1.o
include $(BOARD_DIR)/../qemu/board.mk
