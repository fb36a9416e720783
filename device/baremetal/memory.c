// memcpy, memmove and memset for Xtensa, where no C library has them: by words where both sides allow it.

#if defined(__XTENSA__)

#include <stddef.h>
#include <stdint.h>

void *memmove(void *to, const void *from, size_t n) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in < n) {
        while (n-- > 0) {
            out[n] = in[n];
        }
        return to;
    }
    if ((((uintptr_t)out | (uintptr_t)in) & 3) == 0) {
        uint32_t *words_out = to;
        const uint32_t *words_in = from;
        for (; n >= 4; n -= 4) {
            *words_out++ = *words_in++;
        }
        out = (uint8_t *)words_out;
        in = (const uint8_t *)words_in;
    }
    while (n-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t n) {
    return memmove(to, from, n);
}

void *memset(void *to, int value, size_t n) {
    uint8_t *out = to;
    while (n-- > 0) {
        *out++ = (uint8_t)value;
    }
    return to;
}

#endif
