// linnet_rv32imc_tile: three pixels by four channels. linnet_rv32imc.h has the contract, linnet_twins_rv32imc.c the same in C.
// gp and tp are never touched: interrupts rely on them.

#if defined(__riscv) && __riscv_xlen == 32

    .option norelax  // so that branches need no relocations

// Stream, weights, input, scratch, flags, 0x8000, and the three pixels.
#define S a0
#define W0 a1
#define W1 a2
#define X a7
#define N t0
#define FLAGS t1
#define HALF t2
#define P0 t3
#define P1 t4
#define P2 t5
// The open chunk of pixel and pair.
#define C00 a3
#define C01 a4
#define C10 a5
#define C11 s0
#define C20 s1
#define C21 a6
// T and U of pixel and pair, which become the accumulators of pixel and channel.
#define T00 t6
#define U00 s2
#define T01 s3
#define U01 s4
#define T10 s5
#define U10 s6
#define T11 s7
#define U11 s8
#define T20 s9
#define U20 s10
#define T21 s11
#define U21 ra
// The size layout's four weights, and its end of the inputs.
#define V0 W0
#define V1 W1
#define V2 C00
#define V3 C01
#define END C10
// A channel's factor.
#define LIMIT W0
#define MULTIPLIER W1
#define ADDEND C00
#define SHIFT C01
#define NEGATIVES C10
#define UNIT HALF

// On the stack: x[3], y, two pitches, the end of x[0], groups left, has_negatives, is_size | half a block << 2, what is saved.
#define FRAME 96

#define LOAD(k) lw W0, 4 + 8 * k(S); lw W1, 8 + 8 * k(S)
#define BEGIN(k, p) lb X, k(P##p); mul C##p##0, X, W0; mul C##p##1, X, W1
#define GO_ON(k, p) lb X, k(P##p); mul N, X, W0; mul X, X, W1; add C##p##0, C##p##0, N; add C##p##1, C##p##1, X
#define FRESH(k) LOAD(k); BEGIN(k, 0); BEGIN(k, 1); BEGIN(k, 2)
#define MORE(k) LOAD(k); GO_ON(k, 0); GO_ON(k, 1); GO_ON(k, 2)
#define CLOSE_ONE(i) add T##i, T##i, C##i; add C##i, C##i, HALF; srai C##i, C##i, 16; add U##i, U##i, C##i
#define CLOSE CLOSE_ONE(00); CLOSE_ONE(01); CLOSE_ONE(10); CLOSE_ONE(11); CLOSE_ONE(20); CLOSE_ONE(21)
#define NEXT_BLOCK addi S, S, 68; addi P0, P0, 8; addi P1, P1, 8; addi P2, P2, 8; lw N, 24(sp)
#define SPLIT(i) slli N, U##i, 16; sub T##i, T##i, N

#define BYTES_ONE(p, k) lb X, k(P##p); \
    mul N, X, V0; add T##p##0, T##p##0, N; mul N, X, V1; add U##p##0, U##p##0, N; \
    mul N, X, V2; add T##p##1, T##p##1, N; mul X, X, V3; add U##p##1, U##p##1, X
#define BYTES(k) lb V0, 4 * k(S); lb V1, 4 * k + 1(S); lb V2, 4 * k + 2(S); lb V3, 4 * k + 3(S); \
    BYTES_ONE(0, k); BYTES_ONE(1, k); BYTES_ONE(2, k)

#define FACTOR(j) lw LIMIT, 16 * j(S); lw MULTIPLIER, 16 * j + 4(S); lw ADDEND, 16 * j + 8(S); lw SHIFT, 16 * j + 12(S)
#define HOLD(a) bgeu LIMIT, a, 1f; not a, a; srai a, a, 31; and a, a, LIMIT; 1:
#define PUT(a, p, j) HOLD(a) slli a, a, 12; mulhu a, a, MULTIPLIER; add a, a, ADDEND; srl a, a, SHIFT; sb a, j(P##p)
#define PUT_SIGNED(a, p) HOLD(a) slli X, a, 12; mulhu X, X, MULTIPLIER; bgeu a, NEGATIVES, 2f; sub X, X, UNIT; \
    2: add X, X, ADDEND; srl X, X, SHIFT; sb X, 0(P##p); addi P##p, P##p, 1
#define CHANNEL(i, j) FACTOR(j); PUT(i(0), 0, j); PUT(i(1), 1, j); PUT(i(2), 2, j)
#define ROTATE(p) mv T##p##0, U##p##0; mv U##p##0, T##p##1; mv T##p##1, U##p##1
// The accumulators of a channel, by pixel.
#define ACC0(p) T##p##0
#define ACC1(p) U##p##0
#define ACC2(p) T##p##1
#define ACC3(p) U##p##1

    .section .text.linnet_rv32imc_tile, "ax", @progbits
    .global linnet_rv32imc_tile
    .type linnet_rv32imc_tile, @function
    .balign 4
linnet_rv32imc_tile:
    addi sp, sp, -FRAME
    sw ra, 44(sp); sw s0, 48(sp); sw s1, 52(sp); sw s2, 56(sp); sw s3, 60(sp); sw s4, 64(sp); sw s5, 68(sp)
    sw s6, 72(sp); sw s7, 76(sp); sw s8, 80(sp); sw s9, 84(sp); sw s10, 88(sp); sw s11, 92(sp)
    sw a0, 0(sp); sw a1, 4(sp); sw a2, 8(sp); sw a3, 12(sp); sw a4, 16(sp); sw a5, 20(sp)
    lw t1, 0(a7); add t0, t1, a0; sw t0, 24(sp)
    lw t0, 4(a7); sw t0, 28(sp)
    lw t0, 8(a7); sw t0, 32(sp)
    lw t0, 12(a7); andi t1, t1, 4; or t0, t0, t1; sw t0, 36(sp)
    mv S, a6

.Lgroup:
    lw T00, 0(S); lw U00, 4(S); lw T01, 8(S); lw U01, 12(S)
    mv T10, T00; mv U10, U00; mv T11, T01; mv U11, U01
    mv T20, T00; mv U20, U00; mv T21, T01; mv U21, U01
    addi S, S, 16
    lw P0, 0(sp); lw P1, 4(sp); lw P2, 8(sp)
    lw N, 36(sp); lui HALF, 8; bnez N, .Lunusual

.Lfresh:
    lw FLAGS, 0(S)
    FRESH(0); MORE(1); bgez FLAGS, .Lmore1
.Lclose0:
    CLOSE
    FRESH(2); MORE(3); slli FLAGS, FLAGS, 1; bgez FLAGS, .Lmore2
.Lclose1:
    CLOSE
.Lsecond_half:
    FRESH(4); MORE(5); slli FLAGS, FLAGS, 1; bgez FLAGS, .Lmore3
.Lclose2:
    CLOSE
    FRESH(6); MORE(7); slli FLAGS, FLAGS, 1; bgez FLAGS, .Lmore4
.Lclose3:
    CLOSE
    NEXT_BLOCK; bne P0, N, .Lfresh
.Lsplit:
    SPLIT(00); SPLIT(01); SPLIT(10); SPLIT(11); SPLIT(20); SPLIT(21)

.Lfinish:
    lw P0, 12(sp); lw N, 16(sp); lw X, 20(sp); add P1, P0, N; add P2, P1, X; addi N, P0, 4; sw N, 12(sp)
    lw N, 32(sp); bnez N, .Lsigned
    CHANNEL(ACC0, 0); CHANNEL(ACC1, 1); CHANNEL(ACC2, 2); CHANNEL(ACC3, 3)
    addi S, S, 64
.Lnext_group:
    lw N, 28(sp); addi N, N, -1; sw N, 28(sp); bnez N, .Lgroup
    lw ra, 44(sp); lw s0, 48(sp); lw s1, 52(sp); lw s2, 56(sp); lw s3, 60(sp); lw s4, 64(sp); lw s5, 68(sp)
    lw s6, 72(sp); lw s7, 76(sp); lw s8, 80(sp); lw s9, 84(sp); lw s10, 88(sp); lw s11, 92(sp)
    addi sp, sp, FRAME
    ret

// The same block with a chunk open at its start or in its middle.
.Lmore0:
    lw FLAGS, 0(S)
    MORE(0); MORE(1); bltz FLAGS, .Lclose0
.Lmore1:
    MORE(2); MORE(3); slli FLAGS, FLAGS, 1; bltz FLAGS, .Lclose1
.Lmore2:
    MORE(4); MORE(5); slli FLAGS, FLAGS, 1; bltz FLAGS, .Lclose2
.Lmore3:
    MORE(6); MORE(7); slli FLAGS, FLAGS, 1; bltz FLAGS, .Lclose3
.Lmore4:
    NEXT_BLOCK; bne P0, N, .Lmore0
    j .Lsplit

// With negative outputs; rarer, and shorter for it: each channel's accumulators move to where the first one's were.
.Lsigned:
    lui UNIT, 1; li FLAGS, 4
.Lchannel:
    FACTOR(0); addi S, S, 16; srli NEGATIVES, SHIFT, 8
    PUT_SIGNED(T00, 0); PUT_SIGNED(T10, 1); PUT_SIGNED(T20, 2)
    ROTATE(0); ROTATE(1); ROTATE(2)
    addi FLAGS, FLAGS, -1; bnez FLAGS, .Lchannel
    j .Lnext_group

// The size layout, or a stream that starts with the second half of a block.
.Lunusual:
    andi N, N, 1; bnez N, .Lbytes
    addi S, S, -32; addi P0, P0, -4; addi P1, P1, -4; addi P2, P2, -4
    lw FLAGS, 32(S); j .Lsecond_half

.Lbytes:
    lw END, 24(sp)
.Lfour:
    BYTES(0); BYTES(1); BYTES(2); BYTES(3)
    addi S, S, 16; addi P0, P0, 4; addi P1, P1, 4; addi P2, P2, 4; bne P0, END, .Lfour
    j .Lfinish
    .size linnet_rv32imc_tile, . - linnet_rv32imc_tile

#endif
