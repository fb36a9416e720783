// The depthwise convolution: planes of words that hold the inputs of two rows, and bands of rows. See linnet_armv6m.h.

#if defined(__arm__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

#include "linnet_armv6m_macros.h"

restore:
    RESTORE

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
