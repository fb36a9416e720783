// Copies of any length, for the kernels that move data.

#include "linnet_shapes.h"

#if defined(__ARM_FEATURE_UNALIGNED) || defined(__x86_64__) || defined(__aarch64__)
// A word at any address, which these cores read as fast.
typedef struct {
    uint32_t word;
} __attribute__((packed)) loose_word_t;
#endif

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
#if defined(__ARM_FEATURE_UNALIGNED) || defined(__x86_64__) || defined(__aarch64__)
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        *(loose_word_t *)(void *)to = *(const loose_word_t *)(const void *)from;
    }
#endif
    for (; n; n--) {
        *to++ = *from++;
    }
}
