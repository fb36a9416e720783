// The host's files, by semihosting: numbers and arguments are of Arm's "Semihosting for AArch32 and AArch64", which
// RISC-V shares.

#include <string.h>

#include "emu.h"

#define SYS_OPEN (0x01)
#define SYS_WRITE (0x05)
#define SYS_READ (0x06)
#define SYS_SEEK (0x0a)
#define SYS_FLEN (0x0c)

static int32_t semihost(uint32_t operation, const void *arguments) {
    #if defined(__riscv)
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = arguments;
    __asm volatile (
        ".option push\n .option norvc\n .balign 16\n"
        "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n"
        ".option pop" : "+r" (a0) : "r" (a1) : "memory");
    return (int32_t)a0;
    #else
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return (int32_t)r0;
    #endif
}

int32_t emu_file_open(const char *path, uint32_t mode) {
    uint32_t arguments[] = { (uintptr_t)path, mode, strlen(path) };
    return semihost(SYS_OPEN, arguments);
}

uint32_t emu_file_bytes(uint32_t file) {
    int32_t n_bytes = semihost(SYS_FLEN, &file);
    return n_bytes < 0 ? 0 : (uint32_t)n_bytes;
}

bool emu_file_seek(uint32_t file, uint32_t offset) {
    uint32_t arguments[] = { file, offset };
    return semihost(SYS_SEEK, arguments) == 0;
}

// Reads and writes answer with the number of bytes that were NOT transferred.
uint32_t emu_file_read(uint32_t file, void *buffer, uint32_t n_bytes) {
    uint32_t arguments[] = { file, (uintptr_t)buffer, n_bytes };
    uint32_t n_left = (uint32_t)semihost(SYS_READ, arguments);
    return n_left <= n_bytes ? n_bytes - n_left : 0;
}

uint32_t emu_file_write(uint32_t file, const void *buffer, uint32_t n_bytes) {
    uint32_t arguments[] = { file, (uintptr_t)buffer, n_bytes };
    uint32_t n_left = (uint32_t)semihost(SYS_WRITE, arguments);
    return n_left <= n_bytes ? n_bytes - n_left : 0;
}
