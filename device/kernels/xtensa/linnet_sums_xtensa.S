// From bytes to sums to bytes. linnet_xtensa.h has the contracts, linnet_twins_xtensa.c the same in C. All constants are built
// from immediates: an ESP32 keeps native code where only whole words can be read.

#if defined(__XTENSA__)

.macro FUNCTION name
    .global \name
    .type \name, @function
    .balign 4
\name:
    entry a1, 32
.endm

    .text

// a2 bytes, a3 words, a4 how many are to go; a5 0x80808080, a6 0x00ff00ff, a7 1.
FUNCTION linnet_xtensa_expand
    movi a7, 1
    movi a5, 128
    slli a6, a5, 8
    or a5, a5, a6
    slli a6, a5, 16
    or a5, a5, a6
    movi a6, 255
    slli a8, a6, 16
    or a6, a6, a8
    movi a8, 0
    wsr.acclo a8
    wsr.acchi a8
    loop a4, 1f
    l32i a8, a2, 0
    addi a2, a2, 4
    xor a8, a8, a5
    and a9, a8, a6
    srli a8, a8, 8
    and a8, a8, a6
    s32i a9, a3, 0
    mula.aa.ll a9, a7
    mula.aa.hl a9, a7
    s32i a8, a3, 4
    mula.aa.ll a8, a7
    mula.aa.hl a8, a7
    addi a3, a3, 8
1:
    rsr.acclo a2
    slli a2, a2, 7
    retw
    .size linnet_xtensa_expand, . - linnet_xtensa_expand

// Two words an iteration: QEMU 7.2 would take the old m0 for one that was loaded earlier in the same.
// a2 x, less 4 as loads add 4 first; a3 stream, a4 sums, a5 steps, a6 pairs to go, a7 x128; a8 0, a9 0x00ff00ff.
FUNCTION linnet_xtensa_sums
    addi a2, a2, -4
    movi a8, 255
    slli a9, a8, 16
    or a9, a9, a8
    movi a8, 0
    ssai 8
.Lpair:
    addi a12, a3, 4
    or a13, a2, a2
    wsr.acclo a8
    wsr.acchi a8
    ldinc m0, a13
    ldinc m2, a12
    loop a5, 1f
    mula.dd.ll.ldinc m1, a13, m0, m2
    mula.dd.hh.ldinc m3, a12, m0, m2
    mula.dd.ll.ldinc m0, a13, m1, m3
    mula.dd.hh.ldinc m2, a12, m1, m3
1:
    rsr.acclo a14
    rsr.acchi a15
    src a14, a15, a14
    wsr.acclo a8
    wsr.acchi a8
    addi a12, a3, 8
    or a13, a2, a2
    ldinc m0, a13
    loop a5, 2f
    l32i a10, a12, 0
    l32i a11, a12, 4
    and a10, a10, a9
    mula.da.ll.ldinc m1, a13, m0, a10
    mula.da.hh m0, a10
    and a11, a11, a9
    mula.da.ll.ldinc m0, a13, m1, a11
    mula.da.hh m1, a11
    addi a12, a12, 8
2:
    rsr.acclo a15
    l32i a10, a3, 0
    l32i a11, a3, 4
    srli a13, a15, 8
    sub a14, a14, a13
    add a11, a11, a14
    sub a15, a15, a7
    add a10, a10, a15
    s32i a10, a4, 0
    s32i a11, a4, 4
    addi a4, a4, 8
    or a3, a12, a12
    addi a6, a6, -1
    bnez a6, .Lpair
    retw
    .size linnet_xtensa_sums, . - linnet_xtensa_sums

// a2 sums, a3 scales, a4 out, a5 how many are to go; a6 the least sum.
FUNCTION linnet_xtensa_finish
    movi a6, 0
    loop a5, 2f
    l32i a7, a2, 0
    l32i a8, a3, 0
    l32i a9, a3, 4
    l32i a10, a3, 8
    l32i a11, a3, 12
    max a7, a7, a6
    min a7, a7, a8
    mull a10, a7, a10
    mull a11, a7, a11
    l32i a12, a3, 16
    srli a10, a10, 12
    add a11, a11, a10
    add a11, a11, a9
    bgeu a7, a12, 1f
    l32i a13, a3, 20
    sub a11, a11, a13
1:  extui a11, a11, 24, 8
    s8i a11, a4, 0
    addi a2, a2, 4
    addi a3, a3, 24
    addi a4, a4, 1
2:
    retw
    .size linnet_xtensa_finish, . - linnet_xtensa_finish

// a2 a3 a4 the window's lines, a5 sums, a6 how many are to go, a7 stride; a8 ... a12 weights, a15 start.
FUNCTION linnet_xtensa_line
    l32i a15, a4, 0
    l32i a8, a4, 4
    l32i a9, a4, 8
    l32i a10, a4, 12
    l32i a11, a4, 16
    l32i a12, a4, 20
    add a13, a2, a3
    add a4, a13, a3
    or a3, a13, a13
    loop a6, 1f
    wsr.acclo a15
    l8ui a13, a2, 0
    l8ui a14, a2, 1
    mula.aa.ll a13, a8
    l8ui a13, a2, 2
    mula.aa.lh a14, a8
    l8ui a14, a3, 0
    mula.aa.ll a13, a9
    l8ui a13, a3, 1
    mula.aa.lh a14, a9
    l8ui a14, a3, 2
    mula.aa.ll a13, a10
    l8ui a13, a4, 0
    mula.aa.lh a14, a10
    l8ui a14, a4, 1
    mula.aa.ll a13, a11
    l8ui a13, a4, 2
    mula.aa.lh a14, a11
    add a2, a2, a7
    add a3, a3, a7
    mula.aa.ll a13, a12
    add a4, a4, a7
    rsr.acclo a14
    s32i a14, a5, 0
    addi a5, a5, 4
1:
    retw
    .size linnet_xtensa_line, . - linnet_xtensa_line

// a2 sums, a3 scale, a4 out, a5 how many are to go, a6 step; a8 ... a13 the scale, a14 the least sum.
FUNCTION linnet_xtensa_finish_line
    l32i a8, a3, 0
    l32i a9, a3, 4
    l32i a10, a3, 8
    l32i a11, a3, 12
    l32i a12, a3, 16
    l32i a13, a3, 20
    movi a14, 0
    loop a5, 2f
    l32i a7, a2, 0
    addi a2, a2, 4
    max a7, a7, a14
    min a7, a7, a8
    mull a3, a7, a10
    mull a15, a7, a11
    srli a3, a3, 12
    add a15, a15, a9
    add a15, a15, a3
    bgeu a7, a12, 1f
    sub a15, a15, a13
1:  extui a15, a15, 24, 8
    s8i a15, a4, 0
    add a4, a4, a6
2:
    retw
    .size linnet_xtensa_finish_line, . - linnet_xtensa_finish_line

#endif
