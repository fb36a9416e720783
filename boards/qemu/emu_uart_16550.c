// The 16550 UART of QEMU's RISC-V "virt" machine: output, and news of input (emu_stdio.c), through the PLIC.

#include "py/mphal.h"
#include "uart.h"
#include "emu.h"

#define UART_DATA EMU_REG8(0x10000000)
#define UART_INT_ENABLE EMU_REG8(0x10000001)
#define UART_LINE_STATUS EMU_REG8(0x10000005) // bit 0: a byte is there, bit 5: room to transmit
#define UART_IRQ (10)
#define PLIC_PRIORITY(irq) EMU_REG32(0x0c000000 + 4 * (irq))
#define PLIC_ENABLE EMU_REG32(0x0c002000)
#define PLIC_THRESHOLD EMU_REG32(0x0c200000)
#define PLIC_CLAIM EMU_REG32(0x0c200004)
#define MIE_MEIE (1 << 11)

#define TX_TIMEOUT_MS (5000) // nobody reads the port: give up as a USB board does

void mtvec_exception(void); // the port's: prints the registers

__attribute__((interrupt("machine"))) static void external_interrupt(void) {
    uint32_t irq = PLIC_CLAIM;
    while (UART_LINE_STATUS & 1) {
        (void)UART_DATA;
    }
    emu_stdin_fill();
    PLIC_CLAIM = irq;
}

// The port's table has an empty handler for the only interrupt that is used here.
__attribute__((naked, aligned(256))) static void vectors(void) {
    __asm volatile (
        ".option push\n .option norvc\n"
        "j mtvec_exception\n"
        ".rept 10\n j mtvec_exception\n .endr\n"
        "j %0\n"
        ".option pop" : : "i" (external_interrupt));
}

void uart_init(void) {
    UART_INT_ENABLE = 1;
    PLIC_PRIORITY(UART_IRQ) = 1;
    PLIC_ENABLE = 1 << UART_IRQ;
    PLIC_THRESHOLD = 0;
    __asm volatile (
        "csrw mtvec, %0\n csrs mie, %1\n csrsi mstatus, 8" : : "r" ((uintptr_t)vectors + 1), "r" (MIE_MEIE) : "memory");
    uart_tx_strn("\n", 1); // tells the host that the board is alive
}

void uart_tx_strn(const char *text, size_t n_bytes) {
    static bool abandoned;
    for (size_t i = 0; i < n_bytes; i++) {
        if (!(UART_LINE_STATUS & 0x20)) {
            mp_uint_t start_ms = mp_hal_ticks_ms();
            while (!(UART_LINE_STATUS & 0x20) && !abandoned) {
                abandoned = mp_hal_ticks_ms() - start_ms > TX_TIMEOUT_MS;
            }
            if (!(UART_LINE_STATUS & 0x20)) {
                return;
            }
        }
        abandoned = false;
        UART_DATA = (uint8_t)text[i];
    }
}
