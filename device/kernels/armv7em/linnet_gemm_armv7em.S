// Convolution: three pixels by two channels at a time (linnet_armv7em.h tells what the words mean).

#if defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// r0-r2 E and r3-r5 T of the three pixels, r6-r8 activations, r9-r10 weights, r11 and r12 where to read them.
.macro PAIR_OF_K w
    smlad r3, \w, r6, r3
    smlad r4, \w, r7, r4
    smlad r5, \w, r8, r5
    sxtb16 \w, \w
    smlad r0, \w, r6, r0
    smlad r1, \w, r7, r1
    smlad r2, \w, r8, r2
.endm

// LINNET_ARMV7EM_BLOCK_BYTES long.
.macro BLOCK
    ldrd r9, r10, [r12], #8
    ldm r11!, {r6-r8}
    PAIR_OF_K r9
    ldm r11!, {r6-r8}
    PAIR_OF_K r10
.endm

// E and T of one pixel to two bytes in \e; r6-r8 and r9-r11 multiplier, addend, shift; lr is free.
.macro FINISH e, t, relu
    sub \t, \t, \e
.if \relu
    lsl \e, \e, #1
    asr \t, \t, #7
    smmlar \e, \e, r6, r7
    smmlar \t, \t, r9, r10
.else
    add lr, r7, \e, asr #31
    lsl \e, \e, #1
    smmlar \e, \e, r6, lr
    add lr, r10, \t, asr #31
    asr \t, \t, #7
    smmlar \t, \t, r9, lr
.endif
    asr \e, \e, r8
    asr \t, \t, r11
    ssat \e, #8, \e
    ssat \t, #8, \t
    bfi \e, \t, #8, #8
.endm

.macro TILE name, relu
    .global \name
    .type \name, %function
    .thumb_func
    .align 2
\name:
    push {r4-r11, lr}
    ldm r1, {r2-r8}
    push {r2-r8}                 // 0 act, 4 rounds, 8 out, 12 end, 16 out_1, 20 out_2, 24 skip
    mov r12, r0
1:  ldrd r11, lr, [sp]
    ldm r12!, {r2, r5, r9, r10}  // bias of E, of T, weights
    ldm r11!, {r6-r8}
    smlad r3, r9, r6, r5
    smlad r4, r9, r7, r5
    smlad r5, r9, r8, r5
    sxtb16 r9, r9
    smlad r0, r9, r6, r2
    smlad r1, r9, r7, r2
    smlad r2, r9, r8, r2
    ldm r11!, {r6-r8}
    PAIR_OF_K r10
    ldr r9, [sp, #24]
    add pc, r9                   // the first round starts late
    nop
2:  BLOCK
    BLOCK
    BLOCK
    BLOCK
    subs lr, lr, #1
    bne 2b
    ldm r12!, {r6-r11}
    FINISH r0, r3, \relu
    FINISH r1, r4, \relu
    FINISH r2, r5, \relu
    ldrd r4, r5, [sp, #16]
    ldrd lr, r6, [sp, #8]
    strh r2, [lr, r5]
    strh r1, [lr, r4]
    strh r0, [lr], #2
    cmp lr, r6
    str lr, [sp, #8]
    bne 1b
    add sp, #28
    pop {r4-r11, pc}
    .size \name, . - \name
.endm

    TILE linnet_armv7em_tile, 0
    TILE linnet_armv7em_tile_relu, 1

.macro WIDEN
    ldr r6, [r0], #4
    ldr r7, [r1], #4
    ldr r8, [r2], #4
    sxtb16 r9, r6, ror #8
    sxtb16 r10, r7, ror #8
    sxtb16 r11, r8, ror #8
    sxtb16 r6, r6
    sxtb16 r7, r7
    sxtb16 r8, r8
    stm r3!, {r6-r11}
.endm

    .global linnet_armv7em_widen
    .type linnet_armv7em_widen, %function
    .thumb_func
    .align 2
linnet_armv7em_widen:
    ldr r12, [sp]
    push {r6-r11}
    adds r12, r12, #1
    lsrs r12, r12, #1
    bcc 2f                       // an odd number enters in the middle
1:  WIDEN
2:  WIDEN
    subs r12, r12, #1
    bne 1b
    pop {r6-r11}
    bx lr
    .size linnet_armv7em_widen, . - linnet_armv7em_widen

    .global linnet_armv7em_columns
    .type linnet_armv7em_columns, %function
    .thumb_func
    .align 2
linnet_armv7em_columns:
    push {r4-r9, lr}
    ldm r0, {r0-r5}              // target, source, n, n_bytes, target_step, source_step
    sub r4, r4, r3
    sub r5, r5, r3
1:  mov r12, r3
    subs r12, r12, #16
    blo 3f
2:  ldm r1!, {r6-r9}
    stm r0!, {r6-r9}
    subs r12, r12, #16
    bhs 2b
3:  adds r12, r12, #16
    beq 5f
4:  ldr r6, [r1], #4
    str r6, [r0], #4
    subs r12, r12, #4
    bne 4b
5:  add r0, r0, r4
    add r1, r1, r5
    subs r2, r2, #1
    bne 1b
    pop {r4-r9, pc}
    .size linnet_armv7em_columns, . - linnet_armv7em_columns

#endif
