// The console. What the host sends lies in the file `console` in QEMU's folder, a terminal that answers at once, empty
// or not; a byte at the UART only says that something is there. So thousands of bytes come with one semihosting call,
// where the UART would take 50 microseconds for each. Output goes through the UART.
// Ctrl-C is seen on arrival, while a program runs. A full ring leaves the rest in the terminal, which holds back the
// host as USB would.

#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "uart.h"
#include "emu.h"

#define RING_BYTES (4096) // a power of two
#if defined(__XTENSA__)
#define SPINS_BEFORE_SLEEP (0) // it sleeps in the host, which wakes it at once
#else
#define SPINS_BEFORE_SLEEP (20000)
#endif

static uint8_t ring[RING_BYTES];
static volatile uint32_t ring_head, ring_tail; // bytes ever written, bytes ever read

// Fills what begins at ring_head, up to the ring's end or its oldest byte. Returns how many bytes came.
static uint32_t fill_once(uint32_t console) {
    uint32_t begin = ring_head % RING_BYTES;
    uint32_t n_wanted = MIN(RING_BYTES - begin, RING_BYTES - (ring_head - ring_tail));
    uint32_t n_read = n_wanted ? emu_file_read(console, ring + begin, n_wanted) : 0;
    uint32_t n_kept = n_read;
    if (mp_interrupt_char >= 0 && memchr(ring + begin, mp_interrupt_char, n_read)) {
        n_kept = 0;
        for (uint32_t i = 0; i < n_read; i++) {
            if (ring[begin + i] == mp_interrupt_char) {
                mp_sched_keyboard_interrupt();
            } else {
                ring[begin + n_kept++] = ring[begin + i];
            }
        }
    }
    ring_head = ring_head + n_kept;
    return n_read;
}

void emu_stdin_fill(void) {
    static uint32_t console_plus_1;
    if (console_plus_1 == 0) {
        console_plus_1 = (uint32_t)emu_file_open("console", EMU_FILE_READ) + 1;
    }
    while (console_plus_1 != 0 && fill_once(console_plus_1 - 1) > 0) {
    }
}

// Sleep until an interrupt or for `timeout_us`, unless a byte is already there.
void emu_wait_us(uint32_t timeout_us) {
    uint32_t state = emu_interrupts_off();
    emu_stdin_fill();
    if (ring_head == ring_tail) {
        emu_sleep_us(timeout_us);
    }
    emu_interrupts_restore(state);
}

// Waking a sleeping emulated core takes longer than an answer of the host's, so a short spin comes first.
int uart_rx_chr(void) {
    for (uint32_t spins = 0; ring_head == ring_tail; spins++) {
        if (spins >= SPINS_BEFORE_SLEEP) {
            mp_event_wait_indefinite();
        }
    }
    uint8_t byte = ring[ring_tail % RING_BYTES];
    ring_tail = ring_tail + 1;
    if (ring_head == ring_tail) {
        // Nothing announces again what did not fit.
        uint32_t state = emu_interrupts_off();
        emu_stdin_fill();
        emu_interrupts_restore(state);
    }
    return byte;
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags) {
    uintptr_t ready = poll_flags & MP_STREAM_POLL_WR;
    if (ring_head != ring_tail) {
        ready |= poll_flags & MP_STREAM_POLL_RD;
    }
    return ready;
}

// As on any board: mount, then boot.py, then main.py unless the host holds the raw REPL.
void emu_start(void) {
    pyexec_frozen_module("_boot.py", false);
    int result = pyexec_file_if_exists("boot.py");
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && !(result & PYEXEC_FORCED_EXIT)) {
        pyexec_file_if_exists("main.py");
    }
}

void __wrap_exit(int status) {
    (void)status;
    emu_board_reset();
    for (;;) {
    }
}
