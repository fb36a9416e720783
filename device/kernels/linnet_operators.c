// Finds the kernel of an operator.

#include "linnet_core.h"
#include "linnet_kernel.h"
#include "linnet_operators.h"

#define DECLARE(code, name) extern const linnet_kernel_t linnet_##name##_kernel;
#define DECLARE_TUNED(code, layout, name) DECLARE(code, name)
#if LINNET_BASE_ONLY
#define LINNET_OPERATORS(ROW) LINNET_OPERATORS_BASE(ROW)
#else
#define LINNET_OPERATORS(ROW) \
    LINNET_OPERATORS_BASE(ROW) \
    LINNET_OPERATORS_SHAPES(ROW) \
    LINNET_OPERATORS_MATH(ROW) \
    LINNET_OPERATORS_SEQUENCES(ROW) \
    LINNET_OPERATORS_INT16(ROW) \
    LINNET_OPERATORS_FLOAT32(ROW) \
    LINNET_OPERATORS_INT4(ROW)
#endif
LINNET_OPERATORS(DECLARE)
LINNET_OPERATORS_ARMV6M(DECLARE_TUNED)
LINNET_OPERATORS_ARMV7EM(DECLARE_TUNED)
LINNET_OPERATORS_HELIUM(DECLARE_TUNED)
LINNET_OPERATORS_RV32IMC(DECLARE_TUNED)
LINNET_OPERATORS_XTENSA(DECLARE_TUNED)

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
#if LINNET_HAS(XTENSA)
#define ROW(code, layout, name) ROW_OF(XTENSA, code, layout, name)
    LINNET_OPERATORS_XTENSA(ROW)
#undef ROW
#endif
    { 0, 0, NULL },  // C99 has no empty arrays
};

// Of a group that is not built in.
static const linnet_kernel_t *brought(const linnet_model_t *model, uint32_t code) {
    const uint32_t number = code / LINNET_GROUP_CODES, index = code % LINNET_GROUP_CODES;
    if (model == NULL || model->groups == NULL || number >= LINNET_N_GROUPS) {
        return NULL;
    }
    const linnet_group_t *group = model->groups[number];
    return group != NULL && index < group->n ? group->kernels[index] : NULL;
}

const linnet_kernel_t *linnet_kernel(const linnet_model_t *model, uint32_t code, uint32_t variant) {
    if (variant == 0) {
        return code < sizeof(portable) / sizeof(portable[0]) ? portable[code] : brought(model, code);
    }
    const tuned_t *row = tuned;
    while (row->kernel != NULL && (row->code != code || row->variant != variant)) {
        row++;
    }
    return row->kernel;
}
