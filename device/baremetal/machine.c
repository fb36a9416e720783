// A Cortex-M, RV32 or Xtensa machine of QEMU's from reset to main, with semihosting. Faults end the run with status 99.

#include "runner.h"

extern uint32_t runner_bss_start[], runner_bss_end[], runner_stack_limit[], runner_stack_top[];
int main(void);

#define PAINT 0xa5a5a5a5u
#define SEMIHOSTING_WRITE0 0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define STOPPED_APPLICATION_EXIT 0x20026

#if defined(__XTENSA__)
int32_t xtensa_simcall(uint32_t number, uint32_t a, uint32_t b, uint32_t c);  // xtensa.S, where faults end as well
#define SIMCALL_EXIT 1
#define SIMCALL_WRITE 4
#define STDERR 2

void runner_puts(const char *text) {
    const char *end = text;
    while (*end) {
        end++;
    }
    xtensa_simcall(SIMCALL_WRITE, STDERR, (uintptr_t)text, (uint32_t)(end - text));
}

static void leave(int status) {
    xtensa_simcall(SIMCALL_EXIT, (uint32_t)status, 0, 0);
}

#else
#if defined(__riscv)
static __attribute__((noinline)) int semihosting(int operation, const void *argument) {
    register int a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n .option norvc\n .balign 16\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop"
        : "+r"(a0) : "r"(a1) : "memory");
    return a0;
}
#else
static int semihosting(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
#endif

void runner_puts(const char *text) {
    semihosting(SEMIHOSTING_WRITE0, text);
}

static void leave(int status) {
    const uint32_t block[2] = { STOPPED_APPLICATION_EXIT, (uint32_t)status };
    semihosting(SEMIHOSTING_EXIT_EXTENDED, block);
    for (;;) {
    }
}

__attribute__((aligned(4), used)) static void fault(void) {
    runner_puts("error the core faulted\n");
    leave(99);
}

#endif

__attribute__((used, noreturn)) void runner_start(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;  // CPACR: the FPU, and Helium, on
    __asm__ volatile("dsb\n isb");
#endif
    for (uint32_t *p = runner_bss_start; p < runner_bss_end; p++) {
        *p = 0;
    }
    leave(main());
    __builtin_unreachable();
}

#if defined(__XTENSA__)
void xtensa_main(void) {
    runner_start();
}
#elif defined(__riscv)
__attribute__((naked, used, section(".vectors"))) void runner_reset(void) {
    __asm__ volatile(".option push\n .option norelax\n la gp, __global_pointer$\n .option pop\n la sp, runner_stack_top\n"
        " la t0, fault\n csrw mtvec, t0\n j runner_start");
}
#else
__attribute__((used, section(".vectors"))) static const void *const vectors[16] = {
    runner_stack_top, (const void *)runner_start, (const void *)fault, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault, 0, 0, 0, (const void *)fault, (const void *)fault, 0,
    (const void *)fault, (const void *)fault,
};
#endif

void runner_paint_stack(void) {
    uint32_t *here = (uint32_t *)__builtin_frame_address(0) - 16;
    for (uint32_t *p = runner_stack_limit; p < here; p++) {
        *p = PAINT;
    }
}

uint32_t runner_stack_bytes(void) {
    const uint32_t *here = __builtin_frame_address(0);
    const uint32_t *p = runner_stack_limit;
    while (p < here && *p == PAINT) {
        p++;
    }
    return (uint32_t)((const char *)here - (const char *)p);
}
