// The inner loops of linnet_armv6m.h. Instructions of ARMv6-M only, position-independent, no calls.

#if defined(__arm__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

    .syntax unified
    .thumb

    .section .text.linnet_armv6m, "ax", %progbits

.macro FUNCTION name
    .p2align 2
    .global \name
    .type \name, %function
    .thumb_func
\name:
.endm

.macro SAVE
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
.endm

// What SAVE has pushed, and back: all functions share it.
    .p2align 1
restore:
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}

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

// S in \s, r\range ... the scale: the top byte of the result ends up in \coarse.
.macro SCALE s, range, offset, fine, coarse
    cmp \s, \range
    bls 9f
    mvns \s, \s             // rare: below 0 it becomes 0, above the range the range
    asrs \s, \s, #31
    ands \s, \range
9:
    muls \fine, \s
    muls \coarse, \s
    lsrs \fine, \fine, #12
    adds \coarse, \coarse, \offset
    adds \coarse, \coarse, \fine
.endm

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

// linnet_armv6m_add: r0 r1 r2 the ends of a, b and out, r4 r5 tables, r6 index, r8 range, r9 zero, r10 nudge, r11 low.
FUNCTION linnet_armv6m_add
    SAVE
    ldr r6, [sp, #36]
    adds r0, r0, r6
    adds r1, r1, r6
    adds r2, r2, r6
    rsbs r6, r6, #0
    ldm r3!, {r4, r5, r7}
    mov r8, r4
    mov r9, r5
    mov r10, r7
    ldm r3!, {r7}
    mov r11, r7
    mov r4, r3
    movs r5, #1
    lsls r5, r5, #10
    adds r5, r5, r4
1:
    ldrb r3, [r0, r6]
    lsls r3, r3, #2
    ldr r3, [r4, r3]
    ldrb r7, [r1, r6]
    lsls r7, r7, #2
    ldr r7, [r5, r7]
    adds r3, r3, r7
    cmp r3, r9
    blt 3f
2:
    cmp r3, r8
    bhi 4f
    lsrs r3, r3, #20
    add r3, r11
    strb r3, [r2, r6]
    adds r6, r6, #1
    bne 1b
    b restore
3:
    mov r7, r10
    subs r3, r3, r7
    b 2b
4:
    mvns r3, r3             // below 0: 0; above the range: the range
    asrs r3, r3, #31
    mov r7, r8
    ands r3, r7
    b 2b
    .size linnet_armv6m_add, . - linnet_armv6m_add

// linnet_armv6m_pair_rows: r0 the row before the one at hand, r1 words, r2 row_bytes, r3 word_bytes, r4 r5 neighbouring
// inputs, r7 words to go, r8 in, r9 words of a column, r10 twice word_bytes, r11 column_bytes, r12 zero, lr channels;
// [sp] n, is_above, is_below, columns to go.
FUNCTION linnet_armv6m_pair_rows
    SAVE
    ldm r0!, {r1-r7}
    mov r8, r1
    mov r9, r2
    mov r11, r5
    mov lr, r6
    mov r12, r7
    mov r2, r3
    mov r3, r4
    add r4, r4
    mov r10, r4
    ldm r0!, {r4-r7}
    push {r4-r7}
1:
    mov r0, r8
    mov r1, r9
    mov r4, r12
    ldr r7, [sp]
    ldr r6, [sp, #4]
    cmp r6, #0
    beq 2f
    subs r0, r0, r2
    b 3f
2:
    ldrsb r4, [r0, r6]
3:
    subs r7, r7, #2
    bmi 5f
4:
    ldrsb r5, [r0, r2]
    adds r0, r0, r2
    lsls r6, r5, #16
    adds r6, r6, r4
    str r6, [r1]
    ldrsb r4, [r0, r2]
    adds r0, r0, r2
    lsls r6, r4, #16
    adds r6, r6, r5
    str r6, [r1, r3]
    add r1, r10
    subs r7, r7, #2
    bpl 4b
5:
    adds r7, r7, #1
    bmi 6f
    ldrsb r5, [r0, r2]
    lsls r6, r5, #16
    adds r6, r6, r4
    str r6, [r1]
    adds r1, r1, r3
    movs r4, r5
6:
    ldr r6, [sp, #8]
    cmp r6, #0
    beq 7f
    mov r5, r12
    lsls r6, r5, #16
    adds r6, r6, r4
    str r6, [r1]
7:
    add r8, lr
    add r9, r11
    ldr r6, [sp, #12]
    subs r6, r6, #1
    str r6, [sp, #12]
    bne 1b
    add sp, #16
    b restore
    .size linnet_armv6m_pair_rows, . - linnet_armv6m_pair_rows

// linnet_armv6m_band: r0 plane, r1 block, r8 r9 sums at hand, r10 from the end of one column's words to the
// next column's, r11 from the end of an output's third column to the next output's first, r12 out, lr the end of its row.
// The frame begins like linnet_armv6m_band_t, copied.

#define PLANE 0
#define BLOCK 4
#define OUT 8
#define N_PAIRS 12
#define COLUMN_BYTES 16
#define STEP_COLUMNS 20
#define PAIR_BYTES 24
#define CHANNELS 28
#define ROW_BYTES 32
#define LAST_ROW_BYTES 36
#define SECOND_ROW 40       // bytes to it, of the pair at hand
#define FRAME 44

.macro TAPS
    ldm r0!, {r2-r4}
    ldm r1!, {r5-r7}
    muls r2, r5
    muls r3, r6
    muls r4, r7
.endm

.macro WIDEN c
    asrs \c, \c, #16
    adcs r5, \c
.endm

FUNCTION linnet_armv6m_band
    SAVE
    sub sp, #FRAME
    mov r1, sp
    ldm r0!, {r2-r6}
    stm r1!, {r2-r6}
    ldm r0!, {r2-r6}
    stm r1!, {r2-r6}
    ldr r4, [sp, #COLUMN_BYTES]
    ldr r5, [sp, #STEP_COLUMNS]
    subs r5, r5, #2
    muls r5, r4
    subs r5, r5, #12
    mov r11, r5
    subs r4, r4, #12
    mov r10, r4
    ldr r1, [sp, #BLOCK]
1:
    ldr r0, [sp, #PLANE]
    ldr r2, [sp, #PAIR_BYTES]
    adds r2, r2, r0
    str r2, [sp, #PLANE]
    ldr r2, [sp, #OUT]
    mov r12, r2
    ldr r3, [sp, #ROW_BYTES]
    ldr r4, [sp, #N_PAIRS]
    adds r5, r2, r3
    mov lr, r5
    adds r5, r5, r3
    str r5, [sp, #OUT]
    subs r4, r4, #1
    str r4, [sp, #N_PAIRS]
    bne 2f
    ldr r3, [sp, #LAST_ROW_BYTES]
2:
    str r3, [sp, #SECOND_ROW]
3:
    TAPS
    adds r2, r2, r3
    mov r8, r2
    mov r9, r4
    add r0, r10
    TAPS
    adds r2, r2, r3
    add r4, r9
    mov r3, r8
    adds r5, r2, r3
    adds r5, r5, r4
    mov r8, r5
    movs r5, #0
    WIDEN r2
    WIDEN r3
    WIDEN r4
    mov r9, r5
    add r0, r10
    TAPS
    adds r2, r2, r3
    add r0, r11
    ldm r1!, {r5, r6}
    add r5, r9
    add r6, r8
    adds r6, r6, r2
    adds r6, r6, r4
    WIDEN r2
    WIDEN r4
    lsls r2, r5, #16
    subs r4, r6, r2
    ldm r1!, {r2, r3, r6, r7}
    SCALE r5, r2, r3, r6, r7
    lsrs r7, r7, #24
    mov r2, r12
    ldr r5, [sp, #SECOND_ROW]
    strb r7, [r2, r5]
    subs r1, r1, #16
    ldm r1!, {r2, r3, r6, r7}
    SCALE r4, r2, r3, r6, r7
    lsrs r7, r7, #24
    subs r1, r1, #60
    mov r2, r12
    strb r7, [r2]
    ldr r3, [sp, #CHANNELS]
    add r12, r3
    cmp r12, lr
    bne 3b
    ldr r4, [sp, #N_PAIRS]
    cmp r4, #0
    bne 1b
    add sp, #FRAME
    b restore
    .size linnet_armv6m_band, . - linnet_armv6m_band

#endif
