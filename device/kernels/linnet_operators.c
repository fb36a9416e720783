// Finds the kernel of an operator.

#include "linnet_kernel.h"
#include "linnet_operators.h"

#define DECLARE(code, name) extern const linnet_kernel_t linnet_##name##_kernel;
LINNET_OPERATORS(DECLARE)

#define ENTRY(code, name) [code] = &linnet_##name##_kernel,
static const linnet_kernel_t *const kernels[] = { LINNET_OPERATORS(ENTRY) };

const linnet_kernel_t *linnet_kernel(uint32_t code, uint32_t variant) {
    if (variant != 0 || code >= sizeof(kernels) / sizeof(kernels[0])) {
        return NULL;
    }
    return kernels[code];
}
