// setjmp and longjmp for callers that use CALL8, as all that clang compiles does.
//
// A window is put back by rewriting what the caller's registers are reloaded from when setjmp returns: its a0 ... a3 lie below
// setjmp's frame, its a4 ... a7 at 32 bytes below its own caller's. The buffer: those eight, then setjmp's own a0 and a1.

    .text

// Calls itself deeply enough that every frame but the last few has to go to the stack.
    .balign 4
spill:
    entry a1, 32
    beqz a2, 1f
    addi a10, a2, -1
    call8 spill
1:  retw

// a5: what lies 32 bytes below the stack pointer of the caller's caller; a6: 16 bytes below our own.
.macro PLACES
    addi a6, a1, -16
    l32i a5, a6, 4     // the caller's stack pointer
    addi a5, a5, -16
    l32i a5, a5, 4     // its caller's
    addi a5, a5, -32
.endm

    .global setjmp
    .type setjmp, @function
    .balign 4
setjmp:
    entry a1, 32
    movi a10, 8
    call8 spill
    PLACES
    .irp i, 0, 4, 8, 12
    l32i a3, a6, \i
    l32i a4, a5, \i
    s32i a3, a2, \i
    s32i a4, a2, 16 + \i
    .endr
    s32i a0, a2, 32
    s32i a1, a2, 36
    movi a2, 0
    retw
    .size setjmp, . - setjmp

    .global longjmp
    .type longjmp, @function
    .balign 4
longjmp:
    entry a1, 32
    movi a10, 8
    call8 spill
    l32i a0, a2, 32
    l32i a1, a2, 36
    addi a6, a1, -16
    .irp i, 0, 4, 8, 12
    l32i a4, a2, \i
    s32i a4, a6, \i
    .endr
    PLACES
    .irp i, 0, 4, 8, 12
    l32i a4, a2, 16 + \i
    s32i a4, a5, \i
    .endr
    or a2, a3, a3
    retw
    .size longjmp, . - longjmp
