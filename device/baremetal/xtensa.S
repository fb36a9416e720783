// A windowed Xtensa of QEMU's machine `sim` from reset to xtensa_main, on the stack that ends at xtensa_stack_top: its vectors
// as the Instruction Set Architecture wants them, and what C cannot say. Also of the board boards/qemu-esp32.

#if defined(__XTENSA__)

#define SIMCALL .byte 0x00, 0x51, 0x00
#define SIMCALL_EXIT 1
#define SIMCALL_WRITE 4
#define FAULT_STATUS 99
#define MESSAGE_BYTES 23

#define CAUSE_ILLEGAL_INSTRUCTION 0
#define CAUSE_ALLOCA 5
#define PS_WINDOWED_USER 0x00040020  // WOE and UM

    .section .reset, "ax"
    .balign 4
    .global xtensa_reset
xtensa_reset:
    j 1f
    .balign 4
.Lstart:
    .long xtensa_start
1:  l32r a0, .Lstart
    jx a0

// Frames to and from the stack: a0 ... a3 of a frame lie below its callee's, what else it has below its caller's.
    .section .vectors, "ax"
    .balign 4096
vectors:
overflow_4:
    s32e a0, a5, -16
    s32e a1, a5, -12
    s32e a2, a5, -8
    s32e a3, a5, -4
    rfwo
    .org 0x40
underflow_4:
    l32e a0, a5, -16
    l32e a1, a5, -12
    l32e a2, a5, -8
    l32e a3, a5, -4
    rfwu
    .org 0x80
overflow_8:
    s32e a0, a9, -16
    l32e a0, a1, -12
    s32e a1, a9, -12
    s32e a2, a9, -8
    s32e a3, a9, -4
    s32e a4, a0, -32
    s32e a5, a0, -28
    s32e a6, a0, -24
    s32e a7, a0, -20
    rfwo
    .org 0xc0
underflow_8:
    l32e a0, a9, -16
    l32e a1, a9, -12
    l32e a2, a9, -8
    l32e a7, a1, -12
    l32e a3, a9, -4
    l32e a4, a7, -32
    l32e a5, a7, -28
    l32e a6, a7, -24
    l32e a7, a7, -20
    rfwu
    .org 0x100
overflow_12:
    s32e a0, a13, -16
    l32e a0, a1, -12
    s32e a1, a13, -12
    s32e a2, a13, -8
    s32e a3, a13, -4
    s32e a4, a0, -48
    s32e a5, a0, -44
    s32e a6, a0, -40
    s32e a7, a0, -36
    s32e a8, a0, -32
    s32e a9, a0, -28
    s32e a10, a0, -24
    s32e a11, a0, -20
    rfwo
    .org 0x140
underflow_12:
    l32e a0, a13, -16
    l32e a1, a13, -12
    l32e a2, a13, -8
    l32e a11, a1, -12
    l32e a3, a13, -4
    l32e a4, a11, -48
    l32e a5, a11, -44
    l32e a6, a11, -40
    l32e a7, a11, -36
    l32e a8, a11, -32
    l32e a9, a11, -28
    l32e a10, a11, -24
    l32e a11, a11, -20
    rfwu
    // All others, of which only exceptions happen: no interrupt is ever enabled.
    .rept 10
    .balign 64
    wsr.excsave1 a0
    j exception
    .endr
    .balign 64

    .global xtensa_handler, xtensa_handler_end
xtensa_handler:
    .balign 4
.Lsaved:
    .long saved
.Llow_half:
    .long 0xffff
.Lmessage:
    .long message
exception:
    rsr.exccause a0
    beqi a0, CAUSE_ALLOCA, alloca
    beqz a0, illegal
fault:
    l32r a4, .Lmessage
    movi a5, MESSAGE_BYTES
    movi a3, 2
    movi a2, SIMCALL_WRITE
    SIMCALL
    movi a3, FAULT_STATUS
    movi a2, SIMCALL_EXIT
    SIMCALL
    j .

// MOVSP where the caller's frame is on the stack: it comes back into registers, and MOVSP is tried again.
alloca:
    rsr.windowbase a0
    rotw -1
    rsr.ps a2
    extui a3, a2, 8, 4
    xor a3, a3, a4
    rsr.excsave1 a4
    slli a3, a3, 8
    xor a2, a2, a3
    wsr.ps a2
    rsync
    bbsi a4, 31, 1f
    j underflow_4
1:  rotw -1
    bbsi a8, 30, 2f
    j underflow_8
2:  rotw -1
    j underflow_12

// QEMU has no such core with MULUH and MULSH, which an ESP32 has: the upper word of a product, from four products of halves.
illegal:
    l32r a0, .Lsaved
    .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    s32i a\i, a0, 4 * \i
    .endr
    rsr.excsave1 a1
    s32i a1, a0, 0
    rsr.epc1 a1
    l8ui a2, a1, 0   // t, 0
    l8ui a3, a1, 1   // r, s
    l8ui a4, a1, 2   // 0xa2: muluh, 0xb2: mulsh
    extui a5, a2, 0, 4
    bnez a5, fault
    movi a5, 0xa2
    beq a4, a5, 1f
    movi a5, 0xb2
    beq a4, a5, 1f
    j fault
1:  srli a5, a2, 4
    extui a6, a3, 0, 4
    srli a7, a3, 4
    addx4 a5, a5, a0
    addx4 a6, a6, a0
    addx4 a7, a7, a0
    l32i a5, a5, 0   // the operands
    l32i a6, a6, 0
    l32r a15, .Llow_half
    and a8, a5, a15
    extui a9, a5, 16, 16
    and a10, a6, a15
    extui a11, a6, 16, 16
    mull a12, a8, a10   // low * low
    mull a13, a8, a11
    mull a14, a9, a10
    mull a11, a9, a11   // high * high
    extui a12, a12, 16, 16
    and a8, a13, a15
    add a12, a12, a8
    and a8, a14, a15
    add a12, a12, a8
    extui a12, a12, 16, 16
    extui a13, a13, 16, 16
    extui a14, a14, 16, 16
    add a11, a11, a12
    add a11, a11, a13
    add a11, a11, a14
    bbci a4, 4, 3f
    bgez a5, 2f
    sub a11, a11, a6
2:  bgez a6, 3f
    sub a11, a11, a5
3:  s32i a11, a7, 0
    addi a1, a1, 3
    wsr.epc1 a1
    .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    l32i a\i, a0, 4 * \i
    .endr
    l32i a0, a0, 0
    rfe
xtensa_handler_end:

    .section .rodata.xtensa, "a"
message:
    .ascii "error the core faulted\n"

    .section .bss.xtensa, "aw", @nobits
    .balign 4
saved:
    .space 64

    .section .text.xtensa, "ax"
    .balign 4
.Lvectors:
    .long vectors
.Lstack:
    .long xtensa_stack_top
.Lps:
    .long PS_WINDOWED_USER
.Lmain:
    .long xtensa_main
// Also where a board restarts: what was in registers is forgotten.
    .global xtensa_start
xtensa_start:
    movi a0, 0
    l32r a2, .Lvectors
    wsr.vecbase a2
    movi a2, 0
    wsr.windowbase a2
    rsync
    movi a2, 1
    wsr.windowstart a2
    rsync
    l32r a1, .Lstack
    l32r a2, .Lps
    wsr.ps a2
    rsync
    movi a2, 255   // the FPU among them
    wsr.cpenable a2
    rsync
    l32r a2, .Lmain
    callx8 a2
    j .

// int32_t xtensa_simcall(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
    .global xtensa_simcall
    .type xtensa_simcall, @function
    .balign 4
xtensa_simcall:
    entry a1, 32
    SIMCALL
    retw
    .size xtensa_simcall, . - xtensa_simcall

// uint32_t xtensa_ccount(void)
    .global xtensa_ccount
    .type xtensa_ccount, @function
    .balign 4
xtensa_ccount:
    entry a1, 32
    rsr.ccount a2
    retw
    .size xtensa_ccount, . - xtensa_ccount

#endif
