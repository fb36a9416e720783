# Linnet as a user C module: make ... USER_C_MODULES=<the folder that holds device/>
# The core needs no qstrs and goes in as a library; the binding is scanned for them.

LINNET_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(LINNET_DIR)/binding/mod_linnet.c $(LINNET_DIR)/binding/mod_image.c $(LINNET_DIR)/binding/mod_audio.c
SRC_USERMOD_LIB_C += $(sort $(wildcard $(LINNET_DIR)/runtime/*.c $(LINNET_DIR)/kernels/*.c $(LINNET_DIR)/kernels/*/*.c))
SRC_USERMOD_LIB_ASM += $(sort $(wildcard $(LINNET_DIR)/kernels/*/*.S))

# The inner loops are worth more than the port's -Os; a fused multiply-add would round otherwise than other cores do.
LINNET_OBJECTS := $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(LINNET_DIR))
$(LINNET_OBJECTS)/runtime/%.o $(LINNET_OBJECTS)/kernels/%.o: CFLAGS += -O2 -ffp-contract=off
