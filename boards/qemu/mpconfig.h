// The configuration of every QEMU board: the port's own, then what an ordinary board has and the port leaves out.
// MP_CONFIGFILE names this file, so MicroPython's tree stays as it is.

#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_SELECT
#undef MICROPY_PY_TIME
#undef MICROPY_PY_SYS_STDIO_BUFFER
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_ENABLE_SCHEDULER (1)

// A ROMFS partition: emu_rom.c.
#if defined(EMU_ROM_BYTES)
#undef MICROPY_VFS_ROM_IOCTL
#define MICROPY_VFS_ROM_IOCTL (1)
#endif

// A Cortex-M0+ has no Thumb-2: native code is armv6m and the emitters must know it.
#if defined(__ARM_ARCH_6M__)
#define MICROPY_EMIT_THUMB_ARMV7M (0)
#define MICROPY_EMIT_INLINE_THUMB_FLOAT (0)
#endif

#if defined(__XTENSA__)
#define MICROPY_EMIT_XTENSAWIN (1)
#define MICROPY_NLR_SETJMP (1)
#define MICROPY_GCREGS_SETJMP (1)
#define MICROPY_VM_HOOK_LOOP emu_look();
#endif

#ifndef NO_QSTR
void emu_look(void);
void emu_start(void);
void emu_wait_us(uint32_t timeout_us);
#endif
#define MICROPY_PORT_INIT_FUNC emu_start()
#define MICROPY_INTERNAL_WFE(timeout_ms) emu_wait_us((timeout_ms) < 10u ? (timeout_ms) * 1000u : 10000u)
