// sys.stdin that can be polled when input comes over the UART: the port asks only USB whether there is any.

#include "py/ringbuf.h"
#include "py/stream.h"

extern ringbuf_t stdin_ringbuf;

uintptr_t __real_mp_hal_stdio_poll(uintptr_t flags);
uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags);

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = __real_mp_hal_stdio_poll(flags);
    if ((flags & MP_STREAM_POLL_RD) && ringbuf_peek(&stdin_ringbuf) != -1) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}
