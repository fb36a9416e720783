// From the end of xtensa.S to the port's main, at power-on and at machine.reset().

#include <string.h>

#include "uart.h"

extern char _sidata[], _sdata[], _edata[], _sbss[], _ebss[];
int main(int argc, char **argv);
void emu_board_reset(void);

__attribute__((noreturn)) void xtensa_main(void) {
    memcpy(_sdata, _sidata, (size_t)(_edata - _sdata));
    memset(_sbss, 0, (size_t)(_ebss - _sbss));
    uart_init();
    main(0, NULL);
    for (;;) {
        emu_board_reset();
    }
}
