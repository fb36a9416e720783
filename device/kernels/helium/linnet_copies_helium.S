// Copying columns of the input to where they lie on end.

#if defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb
    .text

// r0 target, r1 source, r2 and r3 their steps, r4 times, r5 bytes each, then r6 bytes.
.macro COLUMNS name, at:vararg
    .global \name
    .type \name, %function
    .thumb_func
    .balign 4
\name:
    push {r4-r7, lr}
    ldm r0, {r0-r7}
    vldrb.u8 q0, [r7]
    vctp.8 r5
    wls lr, r4, 2f
1:  vpstt
    vldrbt.u8 q1, [r1]
    vstrbt.8 q1, \at
    add r1, r1, r3
    add r0, r0, r2
    le lr, 1b
2:  cbz r6, 3f
    vctp.8 r6
    vpstt
    vldrbt.u8 q1, [r1]
    vstrbt.8 q1, \at
3:  pop {r4-r7, pc}
    .size \name, . - \name
.endm

    COLUMNS linnet_helium_blocks, [r0]
    COLUMNS linnet_helium_scatter, [r0, q0]

#endif
