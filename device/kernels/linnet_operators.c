// Finds the kernel of an operator.

#include "linnet_core.h"
#include "linnet_kernel.h"
#include "linnet_operators.h"

#define DECLARE(code, name) extern const linnet_kernel_t linnet_##name##_kernel;
#define DECLARE_TUNED(code, layout, name) DECLARE(code, name)
LINNET_OPERATORS(DECLARE)
LINNET_OPERATORS_ARMV6M(DECLARE_TUNED)
LINNET_OPERATORS_ARMV7EM(DECLARE_TUNED)
LINNET_OPERATORS_HELIUM(DECLARE_TUNED)
LINNET_OPERATORS_RV32IMC(DECLARE_TUNED)

#define ENTRY(code, name) [code] = &linnet_##name##_kernel,
static const linnet_kernel_t *const portable[] = { LINNET_OPERATORS(ENTRY) };

typedef struct {
    uint16_t code;
    uint8_t variant;
    const linnet_kernel_t *kernel;
} tuned_t;

#define ROW_OF(core, code, layout, name) { code, LINNET_CORE_##core | (layout) << 4, &linnet_##name##_kernel },
static const tuned_t tuned[] = {
#if LINNET_HAS(ARMV6M)
#define ROW(code, layout, name) ROW_OF(ARMV6M, code, layout, name)
    LINNET_OPERATORS_ARMV6M(ROW)
#undef ROW
#endif
#if LINNET_HAS(ARMV7EM)
#define ROW(code, layout, name) ROW_OF(ARMV7EM, code, layout, name)
    LINNET_OPERATORS_ARMV7EM(ROW)
#undef ROW
#endif
#if LINNET_HAS(HELIUM)
#define ROW(code, layout, name) ROW_OF(HELIUM, code, layout, name)
    LINNET_OPERATORS_HELIUM(ROW)
#undef ROW
#endif
#if LINNET_HAS(RV32IMC)
#define ROW(code, layout, name) ROW_OF(RV32IMC, code, layout, name)
    LINNET_OPERATORS_RV32IMC(ROW)
#undef ROW
#endif
    { 0, 0, NULL },  // C99 has no empty arrays
};

const linnet_kernel_t *linnet_kernel(uint32_t code, uint32_t variant) {
    if (variant == 0) {
        return code < sizeof(portable) / sizeof(portable[0]) ? portable[code] : NULL;
    }
    const tuned_t *row = tuned;
    while (row->kernel != NULL && (row->code != code || row->variant != variant)) {
        row++;
    }
    return row->kernel;
}
