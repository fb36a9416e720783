// Dense layers: one row of activations by four channels at a time.

#if defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// r0 and r2 E, r1 and r3 T of the two channel pairs.
.macro PAIR_OF_K a, w0, w1
    smlad r1, \w0, \a, r1
    smlad r3, \w1, \a, r3
    sxtb16 \w0, \w0
    sxtb16 \w1, \w1
    smlad r0, \w0, \a, r0
    smlad r2, \w1, \a, r2
.endm

.macro EIGHT_K
    ldm lr!, {r4-r7}
    ldm r12!, {r8-r11}
    PAIR_OF_K r4, r8, r9
    PAIR_OF_K r5, r10, r11
    ldm r12!, {r8-r11}
    PAIR_OF_K r6, r8, r9
    PAIR_OF_K r7, r10, r11
.endm

// 2 * acc in \a to a byte.
.macro FINISH a, multiplier, addend, shift, relu
.if !\relu
    add \addend, \addend, \a, asr #31
.endif
    smmlar \a, \a, \multiplier, \addend
    asr \a, \a, \shift
    ssat \a, #8, \a
.endm

.macro DENSE name, relu
    .global \name
    .type \name, %function
    .thumb_func
    .align 2
\name:
    push {r4-r11, lr}
    ldm r1, {r2-r5}
    push {r2-r5}                 // 0 act, 4 act_end, 8 out, 12 out_end
    mov r12, r0
1:  ldr lr, [sp]
    ldm r12!, {r0-r3}
2:  EIGHT_K
    EIGHT_K
    ldr r4, [sp, #4]
    cmp lr, r4
    bne 2b
    sub r1, r1, r0
    sub r3, r3, r2
    lsl r0, r0, #1
    asr r1, r1, #7
    lsl r2, r2, #1
    asr r3, r3, #7
    ldm r12!, {r4-r9}
    FINISH r0, r4, r5, r6, \relu
    FINISH r1, r7, r8, r9, \relu
    ldm r12!, {r4-r9}
    FINISH r2, r4, r5, r6, \relu
    FINISH r3, r7, r8, r9, \relu
    bfi r0, r1, #8, #8
    bfi r2, r3, #8, #8
    ldrd r5, r6, [sp, #8]
    strh r2, [r5, #2]
    strh r0, [r5], #4
    cmp r5, r6
    str r5, [sp, #8]
    bne 1b
    add sp, #16
    pop {r4-r11, pc}
    .size \name, . - \name
.endm

    DENSE linnet_armv7em_dense, 0
    DENSE linnet_armv7em_dense_relu, 1

#endif
