// linnet_rv32imc_dense: one row by eight channels. linnet_rv32imc.h has the contract, linnet_twins_rv32imc.c the same in C.

#if defined(__riscv) && __riscv_xlen == 32

    .option norelax  // so that branches need no relocations

#define S a0
#define W a1
#define P a2
#define X a7
#define FLAGS t0
#define HALF t1
#define END t2
#define Y t3
#define Y_END t4
#define BYTES t5
#define LINK ra
// The open chunk of each pair.
#define C0 a3
#define C1 a4
#define C2 a5
#define C3 s0
// T and U of each pair: the accumulators of eight channels.
#define T0 s1
#define U0 s2
#define T1 s3
#define U1 s4
#define T2 s5
#define U2 s6
#define T3 s7
#define U3 s8
// A channel's factor.
#define LIMIT C0
#define MULTIPLIER C1
#define ADDEND C2
#define SHIFT C3

// On the stack: eight accumulators, x, what is saved.
#define FRAME 80

#define ADD_ONE(k, i) lw W, 4 + 16 * k + 4 * i(S); mul W, W, X; add C##i, C##i, W
#define ADD(k) lb X, k(P); ADD_ONE(k, 0); ADD_ONE(k, 1); ADD_ONE(k, 2); ADD_ONE(k, 3)
#define END_CHUNK bgez FLAGS, 1f; jal LINK, .Lclose; 1: slli FLAGS, FLAGS, 1
#define CLOSE_ONE(i) add T##i, T##i, C##i; add C##i, C##i, HALF; srai C##i, C##i, 16; add U##i, U##i, C##i; li C##i, 0
#define SPLIT(i) slli W, U##i, 16; sub T##i, T##i, W
#define BYTE(k, i, a) lb W, 8 * k + i(S); mul W, W, X; add a, a, W
#define BYTES_OF(k) lb X, k(P); BYTE(k, 0, T0); BYTE(k, 1, U0); BYTE(k, 2, T1); BYTE(k, 3, U1); \
    BYTE(k, 4, T2); BYTE(k, 5, U2); BYTE(k, 6, T3); BYTE(k, 7, U3)

    .section .text.linnet_rv32imc_dense, "ax", @progbits
    .global linnet_rv32imc_dense
    .type linnet_rv32imc_dense, @function
    .balign 4
linnet_rv32imc_dense:
    addi sp, sp, -FRAME
    sw ra, 40(sp); sw s0, 44(sp); sw s1, 48(sp); sw s2, 52(sp); sw s3, 56(sp); sw s4, 60(sp); sw s5, 64(sp)
    sw s6, 68(sp); sw s7, 72(sp); sw s8, 76(sp)
    sw a0, 32(sp)
    mv Y, a1
    lw END, 0(a3); lw Y_END, 4(a3); lw BYTES, 12(a3)
    add END, END, a0
    add Y_END, Y_END, Y
    mv S, a2
    lui HALF, 8

.Lgroup:
    lw T0, 0(S); lw U0, 4(S); lw T1, 8(S); lw U1, 12(S); lw T2, 16(S); lw U2, 20(S); lw T3, 24(S); lw U3, 28(S)
    addi S, S, 32
    lw P, 32(sp)
    bnez BYTES, .Lbytes
    li C0, 0; li C1, 0; li C2, 0; li C3, 0
.Lblock:
    lw FLAGS, 0(S)
    ADD(0); ADD(1); END_CHUNK
    ADD(2); ADD(3); END_CHUNK
    ADD(4); ADD(5); END_CHUNK
    ADD(6); ADD(7); END_CHUNK
    addi S, S, 132; addi P, P, 8; bne P, END, .Lblock
    SPLIT(0); SPLIT(1); SPLIT(2); SPLIT(3)
    j .Lfinish
.Lbytes:
    BYTES_OF(0); BYTES_OF(1)
    addi S, S, 16; addi P, P, 2; bne P, END, .Lbytes

.Lfinish:
    sw T0, 0(sp); sw U0, 4(sp); sw T1, 8(sp); sw U1, 12(sp); sw T2, 16(sp); sw U2, 20(sp); sw T3, 24(sp); sw U3, 28(sp)
    mv P, sp; addi FLAGS, sp, 32; lui U0, 1
.Lchannel:
    lw X, 0(P); addi P, P, 4
    lw LIMIT, 0(S); lw MULTIPLIER, 4(S); lw ADDEND, 8(S); lw SHIFT, 12(S); addi S, S, 16
    bgeu LIMIT, X, 1f; not X, X; srai X, X, 31; and X, X, LIMIT
1:  slli W, X, 12; mulhu W, W, MULTIPLIER
    srli T0, SHIFT, 8; bgeu X, T0, 2f; sub W, W, U0
2:  add W, W, ADDEND; srl W, W, SHIFT; sb W, 0(Y); addi Y, Y, 1
    beq Y, Y_END, .Ldone
    bne P, FLAGS, .Lchannel
    j .Lgroup
.Ldone:
    lw ra, 40(sp); lw s0, 44(sp); lw s1, 48(sp); lw s2, 52(sp); lw s3, 56(sp); lw s4, 60(sp); lw s5, 64(sp)
    lw s6, 68(sp); lw s7, 72(sp); lw s8, 76(sp)
    addi sp, sp, FRAME
    ret

.Lclose:
    CLOSE_ONE(0); CLOSE_ONE(1); CLOSE_ONE(2); CLOSE_ONE(3)
    jr LINK
    .size linnet_rv32imc_dense, . - linnet_rv32imc_dense

#endif
