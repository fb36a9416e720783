// The console: the UART's interrupt fills a ring, sees Ctrl-C while a program runs, and stops taking bytes when the
// ring is full, which holds back the host as USB would. Also what happens at start-up.

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "uart.h"
#include "emu.h"

#define RING_BYTES (4096) // a power of two
#define SPINS_BEFORE_SLEEP (20000)

static uint8_t ring[RING_BYTES];
static volatile uint32_t ring_head, ring_tail; // bytes ever written, bytes ever read
static volatile bool ring_was_full;

bool emu_stdin_has_room(void) {
    ring_was_full = ring_head - ring_tail == RING_BYTES;
    return !ring_was_full;
}

void emu_stdin_push(uint8_t byte) {
    if (byte == mp_interrupt_char) {
        mp_sched_keyboard_interrupt();
    } else {
        ring[ring_head % RING_BYTES] = byte;
        ring_head = ring_head + 1;
    }
}

// Sleep until an interrupt or for `timeout_us`, unless a byte is already there.
void emu_wait_us(uint32_t timeout_us) {
    uint32_t state = emu_interrupts_off();
    if (ring_head == ring_tail) {
        emu_sleep_us(timeout_us);
    }
    emu_interrupts_restore(state);
}

// Waking a sleeping emulated core takes far longer than a byte does, so a short spin comes first.
int uart_rx_chr(void) {
    for (uint32_t spins = 0; ring_head == ring_tail; spins++) {
        if (spins >= SPINS_BEFORE_SLEEP) {
            mp_event_wait_indefinite();
        }
    }
    uint8_t byte = ring[ring_tail % RING_BYTES];
    ring_tail = ring_tail + 1;
    if (ring_was_full && ring_head - ring_tail <= RING_BYTES / 2) {
        uint32_t state = emu_interrupts_off();
        emu_uart_receive();
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
