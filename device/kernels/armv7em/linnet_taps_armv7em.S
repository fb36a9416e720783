// Depthwise with any window: one output pixel, four channels at a time, the taps two by two. And sums of tensors.

#if defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// 2 * acc in \a to a byte.
.macro FINISH a, multiplier, addend, shift, relu
.if !\relu
    add \addend, \addend, \a, asr #31
.endif
    smmlar \a, \a, \multiplier, \addend
    asr \a, \a, \shift
    ssat \a, #8, \a
.endm

// r0-r3 four channels, two taps of them: LINNET_ARMV7EM_TAPS_BYTES long.
.macro PAIR_OF_TAPS
    ldrd r4, r5, [lr], #8
    ldm r12!, {r7-r10}
    ldr.w r4, [r11, r4]
    ldr.w r5, [r11, r5]
    pkhtb r6, r5, r4, asr #16    // both taps of channels 2, 3
    pkhbt r4, r4, r5, lsl #16    // of channels 0, 1
    sxtb16 r5, r4, ror #8
    sxtb16 r4, r4
    smlad r0, r4, r7, r0
    smlad r1, r5, r8, r1
    sxtb16 r5, r6, ror #8
    sxtb16 r6, r6
    smlad r2, r6, r9, r2
    smlad r3, r5, r10, r3
.endm

.macro TAPS name, relu
    .global \name
    .type \name, %function
    .thumb_func
    .align 2
\name:
    push {r4-r11, lr}
    mov r12, r0
    ldm r1, {r1-r6}              // window, end, out, skip, offsets, offsets_end
    mov r11, r1
    sub r3, r3, r1
    push {r2-r6}                 // 0 end, 4 from window to out, 8 skip, 12 offsets, 16 offsets_end
1:  ldrd r4, lr, [sp, #8]
    ldm r12!, {r0-r3}
    add pc, r4                   // the first round starts late
    nop
2:  PAIR_OF_TAPS
    PAIR_OF_TAPS
    PAIR_OF_TAPS
    PAIR_OF_TAPS
    PAIR_OF_TAPS
    ldr r4, [sp, #16]
    cmp lr, r4
    bne 2b
    ldm r12!, {r4-r9}
    FINISH r0, r4, r5, r6, \relu
    FINISH r1, r7, r8, r9, \relu
    ldm r12!, {r4-r9}
    FINISH r2, r4, r5, r6, \relu
    FINISH r3, r7, r8, r9, \relu
    bfi r0, r1, #8, #8
    bfi r2, r3, #8, #8
    pkhbt r0, r0, r2, lsl #16
    ldrd r4, r5, [sp]
    str r0, [r11, r5]
    add r11, r11, #4
    cmp r11, r4
    bne 1b
    add sp, #20
    pop {r4-r11, pc}
    .size \name, . - \name
.endm

    TAPS linnet_armv7em_taps, 0
    TAPS linnet_armv7em_taps_relu, 1

    .global linnet_armv7em_add
    .type linnet_armv7em_add, %function
    .thumb_func
    .align 2
linnet_armv7em_add:
    ldr r12, [sp]
    push {r4-r11, lr}
    mov r7, r12
    ldm r3, {r3-r5}
    mov r6, #0xff00ff00          // bytes times 256, lane by lane
1:  ldr r8, [r0], #4
    ldr r9, [r1], #4
    and r10, r6, r8, lsl #8
    and r11, r6, r9, lsl #8
    and r8, r6, r8
    and r9, r6, r9
    smlawb r12, r3, r10, r5
    smlawb lr, r3, r8, r5
    smlawt r10, r3, r10, r5
    smlawt r8, r3, r8, r5
    smlawb r12, r4, r11, r12
    smlawb lr, r4, r9, lr
    smlawt r10, r4, r11, r10
    smlawt r8, r4, r9, r8
    ssat r12, #8, r12, asr #18
    ssat lr, #8, lr, asr #18
    ssat r10, #8, r10, asr #18
    ssat r8, #8, r8, asr #18
    bfi r12, lr, #8, #8
    bfi r10, r8, #8, #8
    pkhbt r12, r12, r10, lsl #16
    str r12, [r2], #4
    subs r7, r7, #1
    bne 1b
    pop {r4-r11, pc}
    .size linnet_armv7em_add, . - linnet_armv7em_add

#endif
