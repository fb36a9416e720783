# MicroPython's unix port as a board: no library of the machine's is needed, and the console is a port that mpremote
# can drive.
FROZEN_MANIFEST = $(VARIANT_DIR)/manifest.py
# Not the default folder, so that no checkout of micropython-lib is asked for: the manifest requires nothing of it.
MPY_LIB_DIR = $(VARIANT_DIR)

MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_SSL = 0
MICROPY_SSL_MBEDTLS = 0
MICROPY_PY_THREAD = 0

SRC_C += shared/runtime/pyexec.c
LDFLAGS_EXTRA += -Wl,--wrap=mp_hal_set_interrupt_char -lpthread
