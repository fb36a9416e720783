// The start of a boot ROM for an emulated RP2040, in the place of the chip's own: vectors, the tables by which the pico-sdk
// finds functions (pico/bootrom.h), and what happens at power-on. Written from the SDK's headers; functions are in boot_rom.c.

        .syntax unified
        .cpu cortex-m0plus
        .thumb

#define BOOT2 0x10000000        // the first 256 bytes of the flash: the second stage of the boot,
#define BOOT2_RAM 0x20041f00    // and where it runs, right above the first stack

        .section .vectors, "a"
        .word   BOOT2_RAM, power_on, fault, fault
        .byte   'M', 'u', 1, 3          // magic, and the version of the ROM
        .hword  functions, data
        .hword  rom_lookup + 1, 0

// Codes of two letters, and addresses: of Thumb code, or of data.
        .macro  entry first, second, address
        .byte   \first, \second
        .hword  \address
        .endm

        .section .tables, "a"
        .balign 4
functions:
        entry   'P', '3', rom_popcount + 1
        entry   'R', '3', rom_reverse + 1
        entry   'L', '3', rom_clz + 1
        entry   'T', '3', rom_ctz + 1
        entry   'M', 'S', rom_memset + 1
        entry   'S', '4', rom_memset + 1
        entry   'M', 'C', rom_memcpy + 1
        entry   'C', '4', rom_memcpy + 1
        entry   'I', 'F', nothing + 1   // connect_internal_flash
        entry   'E', 'X', nothing + 1   // flash_exit_xip
        entry   'R', 'E', flash_erase + 1
        entry   'R', 'P', flash_program + 1
        entry   'F', 'C', nothing + 1   // flash_flush_cache
        entry   'C', 'X', nothing + 1   // flash_enter_cmd_xip
        entry   'U', 'B', usb_boot + 1
        .word   0
data:
        entry   'S', 'F', rom_floats
        .word   0

        .text
        .thumb_func
power_on:
        ldr     r0, =BOOT2
        ldr     r1, =BOOT2_RAM
        movs    r2, #0
1:      ldr     r3, [r0, r2]
        str     r3, [r1, r2]
        adds    r2, #4
        lsrs    r3, r2, #8              // 256 bytes
        beq     1b
        movs    r0, #0
        mov     lr, r0                  // which tells it to start the program after itself
        adds    r1, #1
        bx      r1

// What the emulator does itself, with the arguments in r0 to r2: emulator.mjs has the same numbers.
        .macro  trap name, number
        .global \name
        .thumb_func
\name:  bkpt    \number
        bx      lr
        .endm

        trap    flash_erase, 0xe1
        trap    flash_program, 0xe2
        trap    usb_boot, 0xe3
        trap    not_in_this_rom, 0xe4
        trap    fault, 0xe5

        .thumb_func
nothing:
        bx      lr
        .pool
