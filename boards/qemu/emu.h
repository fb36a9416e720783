// What the files of the QEMU boards tell each other. emu_uart_*.c is the only one that differs between ARM and RISC-V
// machines in what hardware it drives; emu_clock.c holds the rest of the difference.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMU_REG32(address) (*(volatile uint32_t *)(address))
#define EMU_REG8(address) (*(volatile uint8_t *)(address))

// emu_stdio.c: take what the host has sent. Called by the UART's interrupt, or with interrupts off.
void emu_stdin_fill(void);

// emu_clock.c
uint64_t emu_clock_ticks(void);         // since power-on, at EMU_TICK_HZ; never wraps
uint32_t emu_interrupts_off(void);      // returns what emu_interrupts_restore wants
void emu_interrupts_restore(uint32_t state);
void emu_sleep_us(uint32_t timeout_us); // interrupts are off: sleep until one is pending or the time is over
void emu_board_reset(void);

// emu_file.c: the host's files, by semihosting. Paths are relative to the folder QEMU was started in.
#define EMU_FILE_READ (1)   // fopen's "rb"
#define EMU_FILE_UPDATE (3) // "r+b"
#define EMU_FILE_CREATE (7) // "w+b"
int32_t emu_file_open(const char *path, uint32_t mode); // -1: it cannot be opened
uint32_t emu_file_bytes(uint32_t file);
bool emu_file_seek(uint32_t file, uint32_t offset);
uint32_t emu_file_read(uint32_t file, void *buffer, uint32_t n_bytes); // returns how many were read
uint32_t emu_file_write(uint32_t file, const void *buffer, uint32_t n_bytes);
