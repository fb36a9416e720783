# qemu-m4f with Linnet as a user C module, and models that are frozen into the firmware: modules.sh gathers both.
include $(BOARD_DIR)/../qemu-m4f/mpconfigboard.mk
override USER_C_MODULES := $(BUILD)/modules
$(info $(shell $(BOARD_DIR)/modules.sh $(USER_C_MODULES) 2>&1))
