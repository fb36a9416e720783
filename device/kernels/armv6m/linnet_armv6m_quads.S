// Four outputs at a time: linnet_armv6m_quads_2, _8, _16 and _packed of linnet_armv6m.h.

#if defined(__arm__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

#include "linnet_armv6m_macros.h"

restore:
    RESTORE

// linnet_armv6m_quads_2: an output pair's T is a high register, its U a low one, as only low ones take a carry.
// r0 x, r1 stream, r2 r3 U, r4 r5 inputs, r6 r7 weights, r8 r9 T, r10 where a quad begins in the loop, r11 first x,
// r12 x_end, lr sums; [sp] end of the sums.

.macro PAIR_2 t, u
    ldm r1!, {r6, r7}
    muls r6, r4
    muls r7, r5
    adds r6, r6, r7
    add \t, r6
    asrs r6, r6, #16        // carry: bit 15
    adcs \u, r6
.endm

.macro STEP_2
    ldm r0!, {r4, r5}
    PAIR_2 r8, r2
    PAIR_2 r9, r3
.endm

#define STEPS 8             // of two inputs, in a round of the loop
#define STEP_BYTES 30

FUNCTION linnet_armv6m_quads_2
    SAVE
    ldr r4, [sp, #36]
    lsls r4, r4, #4
    adds r4, r4, r3
    push {r4}
    mov r11, r0
    mov r12, r1
    mov lr, r3
    subs r1, r1, r0
    lsrs r1, r1, #3
    rsbs r1, r1, #0
    movs r4, #(STEPS - 1)
    ands r1, r4             // steps that the first round has not
    movs r4, #STEP_BYTES
    muls r1, r4
    adr r4, 2f
    adds r1, r1, r4
    mov r10, r1
    mov r1, r2
    b 1f
    .p2align 2
2:
    .rept STEPS
    STEP_2
    .endr
    cmp r0, r12
    bne 2b
    lsls r6, r2, #16
    mov r4, r8
    subs r4, r4, r6
    lsls r6, r3, #16
    mov r5, r9
    subs r5, r5, r6
    mov r0, lr
    stm r0!, {r2-r5}
    mov lr, r0
    ldr r6, [sp]
    cmp r0, r6
    beq 3f
1:
    ldm r1!, {r2-r5}
    mov r8, r4
    mov r9, r5
    mov r0, r11
    mov pc, r10
3:
    mov r0, r1
    add sp, #4
    b restore
    .size linnet_armv6m_quads_2, . - linnet_armv6m_quads_2

// linnet_armv6m_quads_8 and _16: r0 x, r1 stream, r2 r3 inputs, r4-r7 weights, r8 r9 T and U of one pair, r10 r11 of the
// other, r12 lr the sums at hand; [sp] first x, x_end, sums, end of the sums.

.macro PRODUCTS
    ldm r0!, {r2, r3}
    ldm r1!, {r4-r7}
    muls r4, r2
    muls r5, r3
    adds r4, r4, r5
    muls r6, r2
    muls r7, r3
    adds r6, r6, r7
.endm

.macro QUADS group
FUNCTION linnet_armv6m_quads_\group
    SAVE
    ldr r4, [sp, #36]
    lsls r4, r4, #4
    adds r4, r4, r3
    sub sp, #16
    str r0, [sp]
    str r1, [sp, #4]
    str r4, [sp, #12]
    mov r1, r2
1:
    str r3, [sp, #8]
    ldm r1!, {r2-r5}
    mov r9, r2
    mov r11, r3
    mov r8, r4
    mov r10, r5
    ldr r0, [sp]
2:
    PRODUCTS
    mov r12, r4
    mov lr, r6
    .rept \group / 2 - 2
    PRODUCTS
    add r12, r4
    add lr, r6
    .endr
    PRODUCTS
    add r4, r12
    add r6, lr
    movs r2, #0
    add r8, r4
    asrs r4, r4, #16
    adcs r4, r2
    add r9, r4
    add r10, r6
    asrs r6, r6, #16
    adcs r6, r2
    add r11, r6
    ldr r2, [sp, #4]
    cmp r0, r2
    bne 2b
    ldr r3, [sp, #8]
    mov r4, r9
    mov r5, r11
    lsls r2, r4, #16
    mov r6, r8
    subs r6, r6, r2
    lsls r2, r5, #16
    mov r7, r10
    subs r7, r7, r2
    stm r3!, {r4-r7}
    ldr r2, [sp, #12]
    cmp r3, r2
    bne 1b
    mov r0, r1
    add sp, #16
    b restore
    .size linnet_armv6m_quads_\group, . - linnet_armv6m_quads_\group
.endm

    QUADS 8
    QUADS 16

// linnet_armv6m_packed: r0 triples, r1 stream, r2 r3 r6 a triple, r4 r5 weights, r7 mask, r8 r9 T and U of one pair, r10 r11
// of the other, r12 end of the triples, lr sums; [sp] first triple, end of the sums, where a quad begins in the loop.
// The stream's U allow for the mask, which comes along where the carry is added: there is no zero register left.

.macro PAIR_PACKED t, u
    ldm r1!, {r4}
    lsrs r5, r4, #8
    ands r5, r7
    muls r4, r2             // low[k] + 256 * low[k + 1] ..., the second of which r3 takes away again
    muls r5, r3
    adds r4, r4, r5
    adds r4, r4, r6
    add \t, r4
    asrs r4, r4, #16
    adcs r4, r7
    add \u, r4
.endm

.macro STEP_PACKED
    ldm r0!, {r2, r3, r6}
    PAIR_PACKED r8, r9
    PAIR_PACKED r10, r11
.endm

#define STEP_PACKED_BYTES 46

FUNCTION linnet_armv6m_packed
    SAVE
    mov r12, r1
    mov lr, r3
    ldr r5, [sp, #36]
    lsls r5, r5, #4
    adds r5, r5, r3
    subs r1, r1, r0
    lsrs r1, r1, #3         // carry: bit 2, an odd number of triples
    adr r6, 2f
    bcc 4f
    adds r6, r6, #STEP_PACKED_BYTES
4:
    mov r4, r0
    push {r4-r6}
    ldr r7, =0x00ff00ff
    mov r1, r2
    b 1f
    .p2align 2
2:
    STEP_PACKED
    STEP_PACKED
    cmp r0, r12
    bne 2b
    mov r2, r9
    mov r3, r11
    lsls r6, r2, #16
    mov r4, r8
    subs r4, r4, r6
    lsls r6, r3, #16
    mov r5, r10
    subs r5, r5, r6
    mov r0, lr
    stm r0!, {r2-r5}
    mov lr, r0
    ldr r6, [sp, #4]
    cmp r0, r6
    beq 3f
1:
    ldm r1!, {r2-r5}
    mov r9, r2
    mov r11, r3
    mov r8, r4
    mov r10, r5
    ldr r0, [sp]
    ldr r6, [sp, #8]
    mov pc, r6
3:
    mov r0, r1
    add sp, #12
    b restore
    .ltorg
    .size linnet_armv6m_packed, . - linnet_armv6m_packed

#endif
