// What the assembly of this folder shares. Instructions of ARMv6-M only, position-independent, no calls.

#ifndef LINNET_ARMV6M_MACROS_H
#define LINNET_ARMV6M_MACROS_H

    .syntax unified
    .thumb
    .section .text.linnet_armv6m, "ax", %progbits

.macro FUNCTION name
    .p2align 2
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

// Both: the callee's registers to the stack, 36 bytes, and, with a return, back; functions branch to a common RESTORE.
.macro SAVE
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
.endm

.macro RESTORE
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
.endm

// S in \s, r\range ... the scale: the top byte of the result ends up in \coarse.
.macro SCALE s, range, offset, fine, coarse
    cmp \s, \range
    bls 9f
    mvns \s, \s             // rare: below 0 it becomes 0, above the range the range
    asrs \s, \s, #31
    ands \s, \range
9:
    muls \fine, \s
    muls \coarse, \s
    lsrs \fine, \fine, #12
    adds \coarse, \coarse, \offset
    adds \coarse, \coarse, \fine
.endm

#endif
