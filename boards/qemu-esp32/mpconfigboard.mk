# QEMU's Xtensa "sim" machine with the core de233_fpu, which has all that an ESP32's LX6 has but MULUH and MULSH.
QEMU_ARCH = xtensa
QEMU_MACHINE = sim
CROSS_COMPILE = xtensa-esp32-elf-
export LINNET_XTENSA_FEATURES = density windowed bool loop mac16 mul16 mul32 div32 nsa sext minmax fp threadptr timers3 timers2 timers1
XTENSA_COMMON := $(BOARD_DIR)/../qemu/xtensa
BAREMETAL := $(BOARD_DIR)/../../device/baremetal
CFLAGS += -I$(XTENSA_COMMON) -DMICROPY_HW_MCU_NAME='"Xtensa LX"' -DEMU_TICK_HZ=40000000
LDFLAGS += -nostdlib -Wl,-u,xtensa_reset
LDSCRIPT := $(BOARD_DIR)/board.ld
vpath %.c $(XTENSA_COMMON) $(BOARD_DIR)/../../device/natmod
vpath %.S $(XTENSA_COMMON) $(BAREMETAL)
SRC_C += start.c compiler_rt.c float_divide.c
SRC_BOARD_O += shared/runtime/gchelper_generic.o setjmp.o xtensa.o
# Compression relies on strcmp of constants being folded, which -ffreestanding forbids; warnings are meant for GCC.
MICROPY_ROM_TEXT_COMPRESSION = 0
CFLAGS_EXTRA += -Wno-error
# clang 23 cannot choose between two floats that are constants: the files where it would have to are compiled as if the core had
# no FPU, of which compiler_rt.c has the functions.
$(BUILD)/lib/libm/%.o $(BUILD)/py/objcomplex.o: CFLAGS += -Xclang -target-feature -Xclang -fp
include $(BOARD_DIR)/../qemu/board.mk
