// Before and after the sums: inputs become words, sums become outputs. See linnet_armv6m.h.

#if defined(__arm__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

#include "linnet_armv6m_macros.h"

// linnet_armv6m_gather: r0 four bytes before the end of a run, r5 r6 r7 the three after it, r1 words, r2 index, r12 rows to
// go, lr from one run to the next; [sp] the first index, bytes from the words of one run to the next's.
FUNCTION linnet_armv6m_gather
    push {r4-r7, lr}
    ldr r4, [sp, #20]
    ldr r5, [sp, #24]
    mov r12, r3
    mov lr, r4
    subs r5, r5, r2
    lsls r5, r5, #2
    subs r2, r2, #4
    adds r0, r0, r2
    rsbs r4, r2, #0
    push {r4, r5}
1:
    ldr r2, [sp]
    adds r5, r0, #1
    adds r6, r0, #2
    adds r7, r0, #3
    cmp r2, #0
    bgt 3f
2:
    ldrsb r3, [r0, r2]
    ldrsb r4, [r5, r2]
    stm r1!, {r3, r4}
    ldrsb r3, [r6, r2]
    ldrsb r4, [r7, r2]
    stm r1!, {r3, r4}
    adds r2, r2, #4
    ble 2b
    b 3f
4:
    ldrsb r3, [r0, r2]
    stm r1!, {r3}
    adds r2, r2, #1
3:
    cmp r2, #4
    bne 4b
    add r0, lr
    ldr r4, [sp, #4]
    adds r1, r1, r4
    mov r3, r12
    subs r3, r3, #1
    mov r12, r3
    bne 1b
    add sp, #8
    pop {r4-r7, pc}
    .size linnet_armv6m_gather, . - linnet_armv6m_gather

// linnet_armv6m_triples: r0 words, r1 triples, r2 how many are to go, r4 r5 inputs.
FUNCTION linnet_armv6m_triples
    push {r4-r7, lr}
    ldr r3, =-128 * 0x10001
1:
    ldm r0!, {r4, r5}
    adds r6, r4, r5
    muls r6, r3
    lsls r7, r4, #8
    subs r5, r5, r7
    stm r1!, {r4-r6}
    subs r2, r2, #1
    bne 1b
    pop {r4-r7, pc}
    .ltorg
    .size linnet_armv6m_triples, . - linnet_armv6m_triples

// linnet_armv6m_finish and _signed: r0 sums, r1 scales, r2 out, r12 its end; four outputs a round, of which the first
// round skips some.
.macro FINISH name, is_signed, output_bytes
FUNCTION \name
    push {r4-r7, lr}
    adds r4, r2, r3
    mov r12, r4
    rsbs r3, r3, #0
    movs r4, #3
    ands r3, r4
    subs r2, r2, r3
    movs r4, #\output_bytes
    muls r3, r4
    adr r4, 1f
    adds r3, r3, r4
    mov pc, r3
    .p2align 2
1:
    .irp i, 0, 1, 2, 3
    ldm r0!, {r3}
    ldm r1!, {r4-r7}
    SCALE r3, r4, r5, r6, r7
    .if \is_signed
    ldm r1!, {r4, r5}
    cmp r3, r4
    bcs 8f
    subs r7, r7, r5
8:
    .endif
    lsrs r7, r7, #24
    strb r7, [r2, #\i]
    .endr
    adds r2, r2, #4
    cmp r2, r12
    bne 1b
    pop {r4-r7, pc}
    .size \name, . - \name
.endm

    FINISH linnet_armv6m_finish, 0, 28
    FINISH linnet_armv6m_finish_signed, 1, 36

#endif
