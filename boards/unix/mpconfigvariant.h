// The unix port as a board: the standard variant's features, and Ctrl-C raised between bytecodes as on a board.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#include "ports/unix/variants/mpconfigvariant_common.h"

#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

#define MICROPY_HW_BOARD_NAME "unix"
#define MICROPY_HW_MCU_NAME "x86-64"
