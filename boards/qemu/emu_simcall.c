// Xtensa's `sim` machine has no devices: the host's files, the console's output and waiting go through the simulator calls of
// QEMU's target/xtensa/xtensa-semi.c. No interrupt is used: the VM looks for input between bytecodes (mpconfig.h).

#include "py/mphal.h"
#include "py/runtime.h"
#include "uart.h"
#include "emu.h"

#define CALL_READ (3)
#define CALL_WRITE (4)
#define CALL_OPEN (5)
#define CALL_LSEEK (19)
#define CALL_SELECT_ONE (29)
#define HOST_RDONLY (0)
#define HOST_RDWR (2)
#define FROM_START (0)
#define FROM_END (2)
#define FOR_READING (1) // of CALL_SELECT_ONE
#define STDOUT (1)

#define CHECKS_BETWEEN_LOOKS (4096)

int32_t xtensa_simcall(uint32_t number, uint32_t a, uint32_t b, uint32_t c);

int32_t emu_file_open(const char *path, uint32_t mode) {
    return xtensa_simcall(CALL_OPEN, (uintptr_t)path, mode == EMU_FILE_UPDATE ? HOST_RDWR : HOST_RDONLY, 0);
}

uint32_t emu_file_bytes(uint32_t file) {
    int32_t n_bytes = xtensa_simcall(CALL_LSEEK, file, 0, FROM_END);
    return n_bytes < 0 ? 0 : (uint32_t)n_bytes;
}

bool emu_file_seek(uint32_t file, uint32_t offset) {
    return xtensa_simcall(CALL_LSEEK, file, offset, FROM_START) == (int32_t)offset;
}

uint32_t emu_file_read(uint32_t file, void *buffer, uint32_t n_bytes) {
    int32_t n_read = xtensa_simcall(CALL_READ, file, (uintptr_t)buffer, n_bytes);
    return n_read < 0 ? 0 : (uint32_t)n_read;
}

uint32_t emu_file_write(uint32_t file, const void *buffer, uint32_t n_bytes) {
    int32_t n_written = xtensa_simcall(CALL_WRITE, file, (uintptr_t)buffer, n_bytes);
    return n_written < 0 ? 0 : (uint32_t)n_written;
}

void uart_init(void) {
    uart_tx_strn("\n", 1); // tells the host that the board is alive
}

void uart_tx_strn(const char *text, size_t n_bytes) {
    xtensa_simcall(CALL_WRITE, STDOUT, (uintptr_t)text, n_bytes);
}

// Sleeps in the host until something comes on the console. While instructions are counted no time passes there: then the
// core runs idle instead.
void emu_sleep_us(uint32_t timeout_us) {
    static int32_t console = -1;
    if (console < 0) {
        console = emu_file_open("console", EMU_FILE_READ);
    }
    uint64_t end = emu_clock_ticks() + (uint64_t)timeout_us * (EMU_TICK_HZ / 1000000);
    emu_stdin_fill();
    uint32_t seconds_us[] = { 0, timeout_us };
    if (xtensa_simcall(CALL_SELECT_ONE, (uint32_t)console, FOR_READING, (uintptr_t)seconds_us) > 0) {
        emu_stdin_fill();
        return;
    }
    while (emu_clock_ticks() < end) {
    }
}

void emu_look(void) {
    static uint32_t checks;
    if (++checks % CHECKS_BETWEEN_LOOKS == 0) {
        emu_stdin_fill();
        emu_clock_ticks(); // which must be asked before the counter has turned once
    }
}
