// Depthwise 3x3: a patch of 4x4 inputs of one channel is one gathered vector, and every output under it one VMLADAV with the
// kernel moved to its place within 16 bytes.

#if defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// Kinds of requantization: linnet_helium_kind_t.
#define RELU 0
#define RIGHT 1
#define ANY 2

// Four sums in q6 of the channel with r3 bias, r5 multiplier, r8 shift to bytes 0 of their lanes; r9 is the zero point; q5 and
// r0, r2, r4 are free.
.macro REQUANT kind
    vadd.i32 q6, q6, r3
.if \kind == ANY
    bic r0, r8, r8, asr #31      // max(shift, 0)
    and r2, r8, r8, asr #31      // min(shift, 0)
    lsr r4, r8, #31
    vshl.s32 q6, r0
    vqrdmulh.s32 q6, q6, r5
    vshr.s32 q5, q6, #31
    vmla.s32 q6, q5, r4
    vrshl.s32 q6, r2
.else
    vqrdmulh.s32 q6, q6, r5
.if \kind == RIGHT
    vshr.s32 q5, q6, #31
    vadd.i32 q6, q6, q5
.endif
    vrshl.s32 q6, r8
.endif
    vadd.i32 q6, q6, r9
    vqmovnb.s32 q6, q6
    vqmovnb.s16 q6, q6
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

    FUNCTION linnet_helium_build
    ldm r0, {r0-r8, r10, r11}
    vctp.8 r11
    dls lr, r10
1:  vpstttt
    vldrbt.u8 q0, [r1]
    vldrbt.u8 q1, [r2]
    vldrbt.u8 q2, [r3]
    vldrbt.u8 q3, [r4]
    add r1, r1, r5
    vst40.8 {q0, q1, q2, q3}, [r0]
    add r2, r2, r6
    vst41.8 {q0, q1, q2, q3}, [r0]
    add r3, r3, r7
    vst42.8 {q0, q1, q2, q3}, [r0]
    add r4, r4, r8
    vst43.8 {q0, q1, q2, q3}, [r0]!
    le lr, 1b
    RETURN linnet_helium_build

// q0-q3 the kernel at its four places, q4 where the four words of a patch lie, q7 where its four outputs go, from r7 on.
.macro PATCH kind
    vldrw.u32 q5, [q4, #128]!
    vmladav.s8 r0, q5, q0
    vmladav.s8 r2, q5, q1
    vmladav.s8 r4, q5, q2
    vmladav.s8 r6, q5, q3
    vmov q6[2], q6[0], r0, r4
    vmov q6[3], q6[1], r2, r6
    REQUANT \kind
    vstrb.32 q6, [r7, q7]
.endm

// q4 to {r0, r0 + 64, r0 + 128, r0 + 192}; r2, r3, r4 are used.
.macro POSITIONS
    add r2, r0, #64
    add r3, r0, #128
    add r4, r0, #192
    vmov q4[2], q4[0], r0, r3
    vmov q4[3], q4[1], r2, r4
.endm

// On the stack: 0 what q4 and 4 what r7 gain after the first patch, 8 further patches, 12 from the last output to the next
// channel's first, 16 is_single.
.macro PATCHES name, kind
    FUNCTION \name
    sub sp, #24
    mov r12, r0
    ldm r1!, {r0, r7, r10}       // columns, out, channels
    ldm r1, {r5, r6, r8, r9, r11} // patches, overlap, inner, outer, is_single
    ldr r1, [r1, #20]            // zero point
    sub r0, r0, #128
    POSITIONS
    cmp r11, #0
    it ne
    movne r9, #0
    movs r0, #0
    add r2, r8, r9
    vmov q7[2], q7[0], r0, r8
    vmov q7[3], q7[1], r9, r2
    mov r9, r1
    mov r1, r10
    lsl r10, r8, #1
    cmp r6, #0
    ite ne
    subne r2, r10, r8            // the second patch begins one output on, or two
    moveq r2, r10
    lsl r0, r6, #6
    rsb r0, r0, #0
    sub r3, r5, #1
    mla r4, r3, r10, r2
    rsb r4, r4, #1
    strd r0, r2, [sp]
    strd r3, r4, [sp, #8]
    str r11, [sp, #16]
    lsl r11, r5, #7
    add r0, r0, r11
    rsb r11, r0, #4
1:  ldr r0, [sp, #16]
    ldm r12!, {r3, r5, r8}
    add r0, r0, r12
    vldrb.8 q0, [r12, #5]
    vldrb.8 q1, [r0, #4]
    vldrb.8 q2, [r12, #1]
    vldrb.8 q3, [r0]
    add r12, r12, #24
    PATCH \kind
    ldrd r0, r2, [sp]
    ldr r4, [sp, #8]
    vadd.i32 q4, q4, r0
    add r7, r7, r2
    wls lr, r4, 3f
2:  PATCH \kind
    add r7, r7, r10
    le lr, 2b
3:  ldr r0, [sp, #12]
    vadd.i32 q4, q4, r11
    add r7, r7, r0
    subs r1, r1, #1
    bne 1b
    add sp, #24
    RETURN \name
.endm

    PATCHES linnet_helium_patches_relu, RELU
    PATCHES linnet_helium_patches_right, RIGHT
    PATCHES linnet_helium_patches_any, ANY

// Four outputs, two positions apart; only those that VPR.P0 names are written.
.macro STRIDED_GROUP kind
    vldrw.u32 q5, [q4, #128]!
    vldrw.u32 q1, [q4, #128]!
    vmladav.s8 r0, q5, q0
    vldrw.u32 q5, [q4, #128]!
    vmladav.s8 r2, q1, q0
    vldrw.u32 q1, [q4, #128]!
    vmladav.s8 r4, q5, q0
    vmladav.s8 r6, q1, q0
    vmov q6[2], q6[0], r0, r4
    vmov q6[3], q6[1], r2, r6
    REQUANT \kind
    vpst
    vstrbt.32 q6, [r7, q7]
.endm

// The stack as above, without is_single.
.macro STRIDED name, kind
    FUNCTION \name
    sub sp, #16
    mov r12, r0
    ldm r1!, {r0, r7, r10}       // columns, out, channels
    ldm r1, {r5, r6, r8, r9, r11} // groups, overlap, inner, outputs, zero point
    vctp.32 r9
    mov r9, r11
    sub r0, r0, #128
    POSITIONS
    movs r0, #0
    lsl r2, r8, #1
    add r3, r2, r8
    vmov q7[2], q7[0], r0, r2
    vmov q7[3], q7[1], r8, r3
    mov r1, r10
    lsl r10, r8, #2
    mls r2, r6, r8, r10          // the second group begins 4 - overlap outputs on
    lsl r0, r6, #7
    rsb r0, r0, #0
    sub r3, r5, #1
    mla r4, r3, r10, r2
    rsb r4, r4, #1
    strd r0, r2, [sp]
    strd r3, r4, [sp, #8]
    lsl r11, r5, #9
    add r0, r0, r11
    rsb r11, r0, #4
1:  ldm r12!, {r3, r5, r8}
    vldrb.8 q0, [r12, #5]
    add r12, r12, #24
    STRIDED_GROUP \kind
    ldrd r0, r2, [sp]
    ldr r4, [sp, #8]
    vadd.i32 q4, q4, r0
    add r7, r7, r2
    wls lr, r4, 3f
2:  STRIDED_GROUP \kind
    add r7, r7, r10
    le lr, 2b
3:  ldr r0, [sp, #12]
    vadd.i32 q4, q4, r11
    add r7, r7, r0
    subs r1, r1, #1
    bne 1b
    add sp, #16
    RETURN \name
.endm

    STRIDED linnet_helium_strided_relu, RELU
    STRIDED linnet_helium_strided_right, RIGHT
    STRIDED linnet_helium_strided_any, ANY

#endif
