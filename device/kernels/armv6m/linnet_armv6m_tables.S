// The sum of two bytes by tables: linnet_armv6m_add of linnet_armv6m.h.

#if defined(__arm__) && !defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)

#include "linnet_armv6m_macros.h"

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
    RESTORE
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

#endif
