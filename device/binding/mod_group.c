// The MicroPython module _linnet_<group>: operators that _linnet has not, as a buffer, GROUP, for _linnet.Model.
// One file for every group: the build says which by LINNET_GROUP_OPERATORS, the name of its list in linnet_operators.h.

#include "py/dynruntime.h"

#include "../kernels/linnet_kernel.h"
#include "../kernels/linnet_operators.h"

#define DECLARE(code, name) extern const linnet_kernel_t linnet_##name##_kernel;
LINNET_GROUP_OPERATORS(DECLARE)

#define ENTRY(code, name) [(code) % LINNET_GROUP_CODES] = &linnet_##name##_kernel,
static const linnet_kernel_t *const kernels[] = { LINNET_GROUP_OPERATORS(ENTRY) };

// Every row has the same.
#define NUMBER(code, name) (code) / LINNET_GROUP_CODES |
static const linnet_group_t group = {
    .abi = LINNET_GROUP_ABI,
    .number = LINNET_GROUP_OPERATORS(NUMBER) 0,
    .n = sizeof(kernels) / sizeof(kernels[0]),
    .kernels = kernels,
};

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    mp_store_global(MP_QSTR_GROUP, mp_obj_new_bytearray_by_ref(sizeof(group), (void *)(uintptr_t)&group));

    MP_DYNRUNTIME_INIT_EXIT
}
