# QEMU's RISC-V "virt" machine.
QEMU_ARCH = riscv32
QEMU_MACHINE = virt
RV32_ARCH = rv32imc
# Debian's GCC 12 picks its 64-bit library for rv32imac_zicsr; with the older ISA specification rv32imc holds the CSRs.
AFLAGS += -misa-spec=2.2
LDFLAGS += -misa-spec=2.2
CFLAGS += -DMICROPY_HW_MCU_NAME='"RV32IMC"' -DEMU_TICK_HZ=10000000
LDSCRIPT := $(dir $(lastword $(MAKEFILE_LIST)))board.ld
SRC_BOARD_O += shared/runtime/gchelper_native.o shared/runtime/gchelper_rv32i.o
include $(BOARD_DIR)/../qemu/board.mk
