// The CMSDK UART of Arm's MPS2 and MPS3 boards: output, and news of input (emu_stdio.c).
// A board says where it is: EMU_UART, EMU_UART_RX_IRQ.

#include "py/mphal.h"
#include "uart.h"
#include "emu.h"

#define UART_DATA EMU_REG32(EMU_UART + 0)
#define UART_STATE EMU_REG32(EMU_UART + 4) // bit 0: transmit buffer full, bit 1: receive buffer full
#define UART_CTRL EMU_REG32(EMU_UART + 8)  // bit 0: transmit, bit 1: receive, bit 3: receive interrupt
#define UART_INTCLEAR EMU_REG32(EMU_UART + 12)
#define UART_BAUDDIV EMU_REG32(EMU_UART + 16)
#define CPACR EMU_REG32(0xe000ed88)
#define NVIC_ISER(n) EMU_REG32(0xe000e100 + 4 * (n))

#define TX_TIMEOUT_MS (5000) // nobody reads the port: give up as a USB board does

void uart_init(void) {
    #if defined(__ARM_FP)
    CPACR |= 0xf << 20;
    __asm volatile ("dsb\n isb");
    #endif
    UART_BAUDDIV = 16;
    UART_CTRL = 1 | 2 | 8;
    NVIC_ISER(EMU_UART_RX_IRQ / 32) = 1u << (EMU_UART_RX_IRQ % 32);
    uart_tx_strn("\n", 1); // tells the host that the board is alive
}

// Cleared first: a byte that arrives meanwhile must raise it again.
static void receive_irq(void) {
    UART_INTCLEAR = 2;
    (void)UART_DATA;
    emu_stdin_fill();
}

// The port's vector table ends with the 16 system exceptions; board.ld puts this one behind it.
__attribute__((section(".isr_vector_irq"), used))
void (*const emu_irq_vectors[EMU_UART_RX_IRQ + 1])(void) = { [EMU_UART_RX_IRQ] = receive_irq };

void uart_tx_strn(const char *text, size_t n_bytes) {
    static bool abandoned;
    for (size_t i = 0; i < n_bytes; i++) {
        if (UART_STATE & 1) {
            mp_uint_t start_ms = mp_hal_ticks_ms();
            while ((UART_STATE & 1) && !abandoned) {
                abandoned = mp_hal_ticks_ms() - start_ms > TX_TIMEOUT_MS;
            }
            if (UART_STATE & 1) {
                return;
            }
        }
        abandoned = false;
        UART_DATA = (uint8_t)text[i];
    }
}
