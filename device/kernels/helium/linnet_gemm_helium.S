// Convolutions and dense layers: accumulators in the even registers, as VMLADAVA wants them, pointers in the odd ones.

#if defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// Kinds of requantization: linnet_helium_kind_t.
#define RELU 0
#define RIGHT 1
#define ANY 2

// Four accumulators in \q to bytes 0 of their lanes; \m multipliers, \s shifts, r11 the zero point; \t and \u are free.
.macro REQUANT q, m, s, t, u, kind
.if \kind == ANY
    vmov.i32 \t, #0
    vmax.s32 \u, \s, \t
    vshl.s32 \q, \q, \u
    vqrdmulh.s32 \q, \q, \m
    vmin.s32 \t, \s, \t
    vand \u, \q, \t              // negative with a shift to the right
    vshr.s32 \u, \u, #31
    vadd.i32 \q, \q, \u
    vrshl.s32 \q, \q, \t
.else
    vqrdmulh.s32 \q, \q, \m
.if \kind == RIGHT
    vshr.s32 \t, \q, #31
    vadd.i32 \q, \q, \t
.endif
    vrshl.s32 \q, \q, \s
.endif
    vadd.i32 \q, \q, r11
    vqmovnb.s32 \q, \q
    vqmovnb.s16 \q, \q
.endm

.macro FUNCTION name
    .global \name
    .type \name, %function
    .thumb_func
    .balign 4
\name:
    push {r4-r11, lr}
    vpush {d8-d15}
.endm

.macro RETURN name
    vpop {d8-d15}
    pop {r4-r11, pc}
    .size \name, . - \name
.endm

// Two pixels (r1, r3) by four channels (r5), 16 inputs. GEMM_STEP_BYTES long.
#define GEMM_STEP_BYTES 56
.macro GEMM_STEP
    vldrb.8 q0, [r1], #16
    vldrb.8 q2, [r5], #16
    vldrb.8 q1, [r3], #16
    vmladava.s8 r0, q0, q2
    vldrb.8 q3, [r5], #16
    vmladava.s8 r8, q1, q2
    vmladava.s8 r2, q0, q3
    vldrb.8 q2, [r5], #16
    vmladava.s8 r10, q1, q3
    vmladava.s8 r4, q0, q2
    vldrb.8 q3, [r5], #16
    vmladava.s8 r12, q1, q2
    vmladava.s8 r6, q0, q3
    vmladava.s8 lr, q1, q3
.endm

// On the stack: 0 act, 4 act of pixel 1, 8 rounds of four steps, 12 where in the first round to begin, 16 out_1, 20 end of
// pixel 0's channels, 24 stream, 28 act_skip, 32 out_skip, 36 pairs, 40 bytes from end to end, 44 padding.
.macro GEMM name, kind
    FUNCTION \name
    sub sp, #48
    ldm r1!, {r2-r4, r7-r10, r12}
    ldrd r5, r11, [r1]           // steps, zero point
    add r3, r2, r3
    strd r2, r3, [sp]
    add r6, r5, #3
    lsr r6, r6, #2
    rsb r5, r5, r6, lsl #2       // steps left out of the first round
    mov r1, #GEMM_STEP_BYTES
    mul r5, r5, r1
    adr r1, 2f
    add r5, r5, r1
    orr r5, r5, #1
    strd r6, r5, [sp, #8]
    add r6, r7, r12
    strd r8, r6, [sp, #16]
    strd r0, r4, [sp, #24]
    strd r9, r10, [sp, #32]
    add r9, r9, r12
    str r9, [sp, #40]
    mov r5, r0
1:  ldrd r1, r3, [sp]
    ldm r5, {r0, r2, r4, r6}
    ldm r5!, {r8, r10, r12, lr}
    ldr r9, [sp, #8]
    ldr pc, [sp, #12]
    .balign 4
2:  GEMM_STEP
    GEMM_STEP
    GEMM_STEP
    GEMM_STEP
    subs r9, r9, #1
    bne 2b
    vmov q0[2], q0[0], r0, r4
    vmov q0[3], q0[1], r2, r6
    vldrw.32 q4, [r5], #16
    vldrw.32 q5, [r5], #16
    vmov q1[2], q1[0], r8, r12
    vmov q1[3], q1[1], r10, lr
    ldrd r1, r3, [sp, #16]
    REQUANT q0, q4, q5, q2, q3, \kind
    REQUANT q1, q4, q5, q2, q3, \kind
    add r1, r1, r7
    vstrb.32 q0, [r7], #4
    vstrb.32 q1, [r1]
    cmp r7, r3
    bne 1b
    ldrd r5, r0, [sp, #24]
    ldrd r2, r4, [sp, #32]
    ldr r6, [sp, #40]
    ldrd r8, r10, [sp]
    add r7, r7, r2
    add r3, r3, r6
    add r8, r8, r0
    add r10, r10, r0
    str r3, [sp, #20]
    strd r8, r10, [sp]
    subs r4, r4, #1
    str r4, [sp, #36]
    bne 1b
    add sp, #48
    RETURN \name
.endm

    GEMM linnet_helium_gemm_relu, RELU
    GEMM linnet_helium_gemm_right, RIGHT
    GEMM linnet_helium_gemm_any, ANY

.macro SHALLOW name, kind
    FUNCTION \name
    ldm r1, {r1, r3, r7-r9, r11}
    mov r10, r0
    add r0, r0, #16
    vldrb.8 q0, [r0], #16
    vldrb.8 q1, [r0], #16
    vldrb.8 q2, [r0], #16
    vldrb.8 q3, [r0], #16
    vldrw.32 q4, [r0], #16
    vldrw.32 q5, [r0], #16
    dls lr, r9
1:  vldrb.8 q6, [r1]
    ldm r10, {r0, r2, r4, r6}
    add r1, r1, r3
    vmladava.s8 r0, q0, q6
    vmladava.s8 r2, q1, q6
    vmladava.s8 r4, q2, q6
    vmladava.s8 r6, q3, q6
    vmov q6[2], q6[0], r0, r4
    vmov q6[3], q6[1], r2, r6
    REQUANT q6, q4, q5, q7, q7, \kind
    vstrb.32 q6, [r7]
    add r7, r7, r8
    le lr, 1b
    RETURN \name
.endm

    SHALLOW linnet_helium_shallow_relu, RELU
    SHALLOW linnet_helium_shallow_right, RIGHT

.macro DENSE_CHANNEL acc
    vldrb.8 q1, [r5], #16
    vmladava.s8 \acc, q0, q1
.endm

#define DENSE_STEP_BYTES 68
.macro DENSE_STEP
    vldrb.8 q0, [r1], #16
    DENSE_CHANNEL r0
    DENSE_CHANNEL r2
    DENSE_CHANNEL r4
    DENSE_CHANNEL r6
    DENSE_CHANNEL r8
    DENSE_CHANNEL r10
    DENSE_CHANNEL r12
    DENSE_CHANNEL lr
.endm

// On the stack: 0 act, 4 end, 8 rounds of two steps, 12 where in the first round to begin.
.macro DENSE name, kind
    FUNCTION \name
    sub sp, #16
    mov r5, r0
    ldm r1, {r1, r2, r7, r8, r11}
    strd r1, r8, [sp]
    add r3, r2, #1
    lsr r3, r3, #1
    adr r4, 2f
    orr r4, r4, #1
    lsls r2, r2, #31
    it mi
    addmi r4, r4, #DENSE_STEP_BYTES
    strd r3, r4, [sp, #8]
1:  ldr r1, [sp]
    ldm r5!, {r0, r2, r4, r6, r8, r10, r12, lr}
    ldr r9, [sp, #8]
    ldr pc, [sp, #12]
    .balign 4
2:  DENSE_STEP
    DENSE_STEP
    subs r9, r9, #1
    bne 2b
    vmov q0[2], q0[0], r0, r4
    vmov q0[3], q0[1], r2, r6
    vldrw.32 q4, [r5], #16
    vldrw.32 q5, [r5], #16
    vmov q1[2], q1[0], r8, r12
    vmov q1[3], q1[1], r10, lr
    REQUANT q0, q4, q5, q2, q3, \kind
    vldrw.32 q4, [r5], #16
    vldrw.32 q5, [r5], #16
    REQUANT q1, q4, q5, q2, q3, \kind
    vstrb.32 q0, [r7], #4
    vstrb.32 q1, [r7], #4
    ldr r1, [sp, #4]
    cmp r7, r1
    bne 1b
    add sp, #16
    RETURN \name
.endm

    DENSE linnet_helium_dense_relu, RELU
    DENSE linnet_helium_dense_right, RIGHT
    DENSE linnet_helium_dense_any, ANY

#endif
