// Time, sleep, interrupts and reset of the QEMU machines. EMU_TICK_HZ is the rate of the free-running counter:
// ARM: EMU_FPGAIO, the board's FPGAIO block, and EMU_SYSTICK_HZ; RISC-V: the machine timer; Xtensa: the core's own counter
// (emu_simcall.c has its sleep).

#include "py/mphal.h"
#include "py/runtime.h"
#include "emu.h"

#if defined(__riscv)

#define MTIME_LOW EMU_REG32(0x0200bff8)
#define MTIME_HIGH EMU_REG32(0x0200bffc)
#define MTIMECMP_LOW EMU_REG32(0x02004000)
#define MTIMECMP_HIGH EMU_REG32(0x02004004)
#define TEST_FINISHER EMU_REG32(0x00100000)
#define MSTATUS_MIE (1 << 3)
#define MIE_MTIE (1 << 7)

uint64_t emu_clock_ticks(void) {
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return (uint64_t)high << 32 | low;
}

uint32_t emu_interrupts_off(void) {
    uint32_t state;
    __asm volatile ("csrrci %0, mstatus, 8" : "=r" (state) : : "memory");
    return state & MSTATUS_MIE;
}

void emu_interrupts_restore(uint32_t state) {
    __asm volatile ("csrs mstatus, %0" : : "r" (state) : "memory");
}

void emu_sleep_us(uint32_t timeout_us) {
    uint64_t end = emu_clock_ticks() + (uint64_t)timeout_us * (EMU_TICK_HZ / 1000000);
    MTIMECMP_HIGH = 0xffffffff;
    MTIMECMP_LOW = (uint32_t)end;
    MTIMECMP_HIGH = (uint32_t)(end >> 32);
    __asm volatile ("csrs mie, %0\n wfi\n csrc mie, %0" : : "r" (MIE_MTIE) : "memory");
}

void emu_board_reset(void) {
    TEST_FINISHER = 0x7777;
}

#elif defined(__XTENSA__)

uint32_t xtensa_ccount(void);
void xtensa_start(void);

// The 32-bit counter wraps within two minutes: it is looked at more often than that.
uint64_t emu_clock_ticks(void) {
    static uint64_t ticks;
    ticks += xtensa_ccount() - (uint32_t)ticks;
    return ticks;
}

uint32_t emu_interrupts_off(void) {
    return 0; // there are none
}

void emu_interrupts_restore(uint32_t state) {
    (void)state;
}

void emu_board_reset(void) {
    xtensa_start();
}

#else

#define FPGAIO_CLK100HZ EMU_REG32(EMU_FPGAIO + 0x14)
#define FPGAIO_COUNTER EMU_REG32(EMU_FPGAIO + 0x18)
#define SYST_CSR EMU_REG32(0xe000e010)
#define SYST_RVR EMU_REG32(0xe000e014)
#define SYST_CVR EMU_REG32(0xe000e018)
#define ICSR EMU_REG32(0xe000ed04)
#define AIRCR EMU_REG32(0xe000ed0c)
#define ICSR_PENDSTCLR (1 << 25)

// The 32-bit counter wraps within minutes; the 100 Hz one tells which turn it is on.
uint64_t emu_clock_ticks(void) {
    uint64_t coarse = (uint64_t)FPGAIO_CLK100HZ * (EMU_TICK_HZ / 100);
    return coarse + (int32_t)(FPGAIO_COUNTER - (uint32_t)coarse);
}

uint32_t emu_interrupts_off(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (state) : : "memory");
    return state;
}

void emu_interrupts_restore(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

// SysTick is never taken as an exception: pending, it ends the WFI, and is cleared while interrupts are still off.
void emu_sleep_us(uint32_t timeout_us) {
    uint32_t ticks = timeout_us * (EMU_SYSTICK_HZ / 1000000);
    SYST_RVR = ticks < 0xffffff ? ticks : 0xffffff;
    SYST_CVR = 0;
    SYST_CSR = 7;
    __asm volatile ("dsb\n wfi" : : : "memory");
    SYST_CSR = 0;
    ICSR = ICSR_PENDSTCLR;
}

void emu_board_reset(void) {
    AIRCR = 0x05fa0004;
}

#endif

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(emu_clock_ticks() / (EMU_TICK_HZ / 1000));
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(emu_clock_ticks() / (EMU_TICK_HZ / 1000000));
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return (mp_uint_t)emu_clock_ticks();
}

uint64_t mp_hal_time_ns(void) {
    return emu_clock_ticks() * (1000000000 / EMU_TICK_HZ);
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = emu_clock_ticks() + (uint64_t)us * (EMU_TICK_HZ / 1000000);
    while (emu_clock_ticks() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = emu_clock_ticks() + (uint64_t)ms * (EMU_TICK_HZ / 1000);
    for (;;) {
        mp_event_handle_nowait();
        uint64_t now = emu_clock_ticks();
        if (now >= end) {
            return;
        }
        uint64_t left_us = (end - now) / (EMU_TICK_HZ / 1000000) + 1;
        uint32_t state = emu_interrupts_off();
        emu_sleep_us(left_us < 10000 ? (uint32_t)left_us : 10000);
        emu_interrupts_restore(state);
    }
}
