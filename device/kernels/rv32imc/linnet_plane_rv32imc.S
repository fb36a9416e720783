// linnet_rv32imc_plane: 3x3 over one channel. linnet_rv32imc.h has the contract, linnet_twins_rv32imc.c the same in C.
// Every input column is loaded once a line and goes at once into the two or three outputs whose windows hold it.

#if defined(__riscv) && __riscv_xlen == 32

    .option norelax  // so that branches need no relocations

// Weights of line and column, all times 4096 as are the accumulators.
#define W00 s0
#define W01 s1
#define W02 s2
#define W10 s3
#define W11 s4
#define W12 s5
#define W20 s6
#define W21 s7
#define W22 s8
#define A0 s9
#define A1 s10
#define A2 s11
#define X a0
#define N a1
#define R0 a2
#define R1 a3
#define R2 a4
#define START a5
#define LIMIT a6
#define MULTIPLIER a7
#define ADDEND t0
#define SHIFT t1
#define NEGATIVES t2
#define UNIT t3
#define OUT t4
#define ALONG t5
#define END t6
#define STRIDE ra

// On the stack: line in the plane, its outputs, lines left, line_bytes, line_step, across, length, what is saved.
#define FRAME 80

#define WEIGHT(w, i) lb w, 20 + i(a2); slli w, w, 12
#define MIDDLE(k, v, mid) lb X, k(R##v); mul N, X, W##v##1; add mid, mid, N
#define COLUMN_LINE(k, v, done, mid, new) lb X, k(R##v); mul N, X, W##v##2; add done, done, N; \
    mul N, X, W##v##1; add mid, mid, N; mul X, X, W##v##0; add new, new, X
#define COLUMN(k, done, mid, new) lb X, k(R0); mul N, X, W02; add done, done, N; \
    mul N, X, W01; add mid, mid, N; mul X, X, W00; add new, START, X; \
    COLUMN_LINE(k, 1, done, mid, new); COLUMN_LINE(k, 2, done, mid, new)
#define PUT(a) bgeu LIMIT, a, 1f; not a, a; srai a, a, 31; and a, a, LIMIT; 1: mulhu X, a, MULTIPLIER; \
    bgeu a, NEGATIVES, 2f; sub X, X, UNIT; 2: add X, X, ADDEND; srl X, X, SHIFT; sb X, 0(OUT); add OUT, OUT, ALONG

    .section .text.linnet_rv32imc_plane, "ax", @progbits
    .global linnet_rv32imc_plane
    .type linnet_rv32imc_plane, @function
    .balign 4
linnet_rv32imc_plane:
    addi sp, sp, -FRAME
    sw ra, 28(sp); sw s0, 32(sp); sw s1, 36(sp); sw s2, 40(sp); sw s3, 44(sp); sw s4, 48(sp); sw s5, 52(sp)
    sw s6, 56(sp); sw s7, 60(sp); sw s8, 64(sp); sw s9, 68(sp); sw s10, 72(sp); sw s11, 76(sp)
    sw a0, 0(sp); sw a1, 4(sp)
    lw t0, 0(a3); sw t0, 8(sp); lw t0, 4(a3); sw t0, 12(sp); lw t0, 8(a3); sw t0, 16(sp)
    lw t0, 12(a3); sw t0, 20(sp); lw t0, 16(a3); sw t0, 24(sp); lw ALONG, 20(a3); lw STRIDE, 24(a3)
    WEIGHT(W00, 0); WEIGHT(W01, 1); WEIGHT(W02, 2); WEIGHT(W10, 3); WEIGHT(W11, 4); WEIGHT(W12, 5)
    WEIGHT(W20, 6); WEIGHT(W21, 7); WEIGHT(W22, 8)
    lw START, 0(a2); lw LIMIT, 4(a2); lw MULTIPLIER, 8(a2); lw ADDEND, 12(a2); lw SHIFT, 16(a2)
    slli START, START, 12; slli LIMIT, LIMIT, 12; srli NEGATIVES, SHIFT, 8; slli NEGATIVES, NEGATIVES, 12
    lui UNIT, 1
    addi STRIDE, STRIDE, -1

.Lline:
    lw R0, 0(sp); lw N, 12(sp); lw OUT, 4(sp); lw END, 24(sp)
    add R1, R0, N; add R2, R1, N; add END, OUT, END
    lb X, 0(R0); mul A0, X, W00; add A0, A0, START
    lb X, 0(R1); mul N, X, W10; add A0, A0, N
    lb X, 0(R2); mul N, X, W20; add A0, A0, N
    bnez STRIDE, .Ltwo
    lb X, 1(R0); mul N, X, W01; add A0, A0, N; mul N, X, W00; add A1, START, N
    lb X, 1(R1); mul N, X, W11; add A0, A0, N; mul N, X, W10; add A1, A1, N
    lb X, 1(R2); mul N, X, W21; add A0, A0, N; mul N, X, W20; add A1, A1, N
.Lthree:
    COLUMN(2, A0, A1, A2); PUT(A0); beq OUT, END, .Lnext_line
    COLUMN(3, A1, A2, A0); PUT(A1); beq OUT, END, .Lnext_line
    COLUMN(4, A2, A0, A1); PUT(A2)
    addi R0, R0, 3; addi R1, R1, 3; addi R2, R2, 3; bne OUT, END, .Lthree

.Lnext_line:
    lw R0, 0(sp); lw N, 16(sp); add R0, R0, N; sw R0, 0(sp)
    lw OUT, 4(sp); lw N, 20(sp); add OUT, OUT, N; sw OUT, 4(sp)
    lw N, 8(sp); addi N, N, -1; sw N, 8(sp); bnez N, .Lline
    lw ra, 28(sp); lw s0, 32(sp); lw s1, 36(sp); lw s2, 40(sp); lw s3, 44(sp); lw s4, 48(sp); lw s5, 52(sp)
    lw s6, 56(sp); lw s7, 60(sp); lw s8, 64(sp); lw s9, 68(sp); lw s10, 72(sp); lw s11, 76(sp)
    addi sp, sp, FRAME
    ret

#define LAST(v) lb X, 2(R##v); mul N, X, W##v##2; add A0, A0, N; mul X, X, W##v##0; add A1, A1, X
.Ltwo:
    MIDDLE(1, 0, A0); MIDDLE(1, 1, A0); MIDDLE(1, 2, A0)
    mv A1, START; LAST(0); LAST(1); LAST(2); PUT(A0); mv A0, A1
    addi R0, R0, 2; addi R1, R1, 2; addi R2, R2, 2; bne OUT, END, .Ltwo
    j .Lnext_line
    .size linnet_rv32imc_plane, . - linnet_rv32imc_plane

#endif
