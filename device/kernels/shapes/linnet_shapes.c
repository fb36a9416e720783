// What the kernels that move data share.

#include "linnet_shapes.h"

uint64_t linnet_product(uint64_t a, uint32_t b) {
    return a > UINT32_MAX ? a : a * b;
}

void linnet_move(uint8_t *to, const uint8_t *from, uint32_t n) {
    if ((uintptr_t)to - (uintptr_t)from < n) {
        memmove(to, from, n);
        return;
    }
    if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
        const uint32_t words = n & ~3u;
        linnet_copy_words(to, from, words);
        to += words;
        from += words;
        n &= 3;
    }
    linnet_copy_bytes(to, from, n);
}
