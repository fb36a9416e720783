// What the files of the QEMU boards tell each other. emu_uart_*.c is the only one that differs between ARM and RISC-V
// machines in what hardware it drives; emu_clock.c holds the rest of the difference.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMU_REG32(address) (*(volatile uint32_t *)(address))
#define EMU_REG8(address) (*(volatile uint8_t *)(address))

// emu_stdio.c: called by the UART's interrupt for each byte. False: no room, the byte must stay where it is.
bool emu_stdin_has_room(void);
void emu_stdin_push(uint8_t byte);

// emu_uart_*.c: take what the UART holds as long as there is room. Interrupts are off during the call.
void emu_uart_receive(void);

// emu_clock.c
uint64_t emu_clock_ticks(void);         // since power-on, at EMU_TICK_HZ; never wraps
uint32_t emu_interrupts_off(void);      // returns what emu_interrupts_restore wants
void emu_interrupts_restore(uint32_t state);
void emu_sleep_us(uint32_t timeout_us); // interrupts are off: sleep until one is pending or the time is over
void emu_board_reset(void);

// One semihosting call: `operation` as in Arm's "Semihosting for AArch32 and AArch64", `arguments` words.
int32_t emu_semihost(uint32_t operation, const void *arguments);
