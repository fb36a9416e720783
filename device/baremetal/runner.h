// What the runner needs of the machine: semihosting output, and how deep the stack has been.

#ifndef RUNNER_H
#define RUNNER_H

#include <stdint.h>

void runner_puts(const char *text);
void runner_paint_stack(void);
uint32_t runner_stack_bytes(void);

#endif
