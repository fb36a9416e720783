// Depthwise 3x3, stride 1: two output rows by two channels at a time, from columns that hold vertical pairs of rows.

#if defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

    .global linnet_armv7em_build
    .type linnet_armv7em_build, %function
    .thumb_func
    .align 2
linnet_armv7em_build:
    push {r4-r11, lr}
    ldm r0, {r0-r8, lr}          // rows, pair_skip, pixel, end, columns, n_groups, group_skip
    push {r4-r6, r8, lr}         // 0 pair_skip, 4 pixel, 8 end, 12 n_groups, 16 group_skip
    mov lr, r7
1:  mov r12, #0
2:  ldr r4, [r0, r12]
    ldr r5, [r1, r12]
    ldr r8, [r2, r12]
    ldr r9, [r3, r12]
    pkhtb r10, r5, r4, asr #16   // rows 0 and 1 of channels 2, 3
    pkhbt r4, r4, r5, lsl #16    // of channels 0, 1
    pkhtb r11, r9, r8, asr #16
    pkhbt r6, r8, r9, lsl #16
    sxtb16 r5, r4, ror #8
    sxtb16 r4, r4
    sxtb16 r7, r6, ror #8
    sxtb16 r6, r6
    stm lr!, {r4-r7}
    sxtb16 r8, r10
    sxtb16 r9, r10, ror #8
    sxtb16 r10, r11
    sxtb16 r11, r11, ror #8
    ldm sp, {r4-r6}
    add r4, r4, lr
    stm r4, {r8-r11}
    add r12, r12, r5
    cmp r12, r6
    bne 2b
    ldrd r4, r5, [sp, #12]
    add r0, r0, #4
    add r1, r1, #4
    add r2, r2, #4
    add r3, r3, #4
    add lr, lr, r5
    subs r4, r4, #1
    str r4, [sp, #12]
    bne 1b
    add sp, #20
    pop {r4-r11, pc}
    .size linnet_armv7em_build, . - linnet_armv7em_build

// r0-r1 rows 0 and 1 of channel a, r2-r3 of b; r4-r7 a column; r8-r11 its weights.
.macro COLUMN
    smlad r0, r4, r8, r0
    smlatb r1, r4, r8, r1
    smlad r2, r5, r9, r2
    smlatb r3, r5, r9, r3
    smlabt r0, r6, r10, r0
    smlad r1, r6, r10, r1
    smlabt r2, r7, r11, r2
    smlad r3, r7, r11, r3
.endm

.macro ROWS name, relu
    .global \name
    .type \name, %function
    .thumb_func
    .align 2
\name:
    push {r4-r11, lr}
    mov r12, r0
    mov lr, r1
    ldm r2, {r4-r9}
    push {r4-r9}                 // 0 end, 4 out, 8 pixel, 12 second_row, 16 n_pairs, 20 row_back
1:  ldm r12!, {r1, r3, r8-r11}   // biases and weights of the first column
    ldm lr!, {r4-r7}
    smlad r0, r4, r8, r1
    smlatb r1, r4, r8, r1
    smlad r2, r5, r9, r3
    smlatb r3, r5, r9, r3
    smlabt r0, r6, r10, r0
    smlad r1, r6, r10, r1
    smlabt r2, r7, r11, r2
    smlad r3, r7, r11, r3
    ldm r12!, {r8-r11}
    ldm lr!, {r4-r7}
    COLUMN
    ldm r12!, {r8-r11}
    ldm lr, {r4-r7}
    COLUMN
    sub lr, lr, #16
    ldm r12, {r6-r11}
.if \relu
    smmlar r0, r0, r6, r7
    smmlar r1, r1, r6, r7
    smmlar r2, r2, r9, r10
    smmlar r3, r3, r9, r10
.else
    add r4, r7, r0, asr #31
    add r5, r7, r1, asr #31
    smmlar r0, r0, r6, r4
    smmlar r1, r1, r6, r5
    add r4, r10, r2, asr #31
    add r5, r10, r3, asr #31
    smmlar r2, r2, r9, r4
    smmlar r3, r3, r9, r5
.endif
    ldm sp, {r4-r7}
    asr r0, r0, r8
    asr r1, r1, r8
    asr r2, r2, r11
    asr r3, r3, r11
    ssat r0, #8, r0
    ssat r1, #8, r1
    ssat r2, #8, r2
    ssat r3, #8, r3
    bfi r0, r2, #8, #8
    bfi r1, r3, #8, #8
    strh r1, [r5, r7]
    strh r0, [r5]
    add r5, r5, r6
    str r5, [sp, #4]
    sub r12, r12, #56
    cmp r5, r4
    bne 1b
    add r12, r12, #80            // the next pair
    add lr, lr, #32
    ldrd r6, r7, [sp, #16]
    add r4, r4, #2
    sub r5, r5, r7
    strd r4, r5, [sp]
    subs r6, r6, #1
    str r6, [sp, #16]
    bne 1b
    add sp, #24
    pop {r4-r11, pc}
    .size \name, . - \name
.endm

    ROWS linnet_armv7em_rows, 0
    ROWS linnet_armv7em_rows_relu, 1

#endif
