// Which core this build is for, told by the compiler. It has that core's tuned kernels beside the portable ones.
// LINNET_ALL_CORES (the host library) has every core's, as their portable twins.

#ifndef LINNET_CORE_H
#define LINNET_CORE_H

#include "../runtime/linnet.h"

#if defined(__ARM_FEATURE_MVE)
#define LINNET_CORE LINNET_CORE_HELIUM
#define LINNET_CORE_IS_HELIUM 1
#elif defined(__ARM_FEATURE_DSP)
#define LINNET_CORE LINNET_CORE_ARMV7EM
#define LINNET_CORE_IS_ARMV7EM 1
#elif defined(__arm__)
#define LINNET_CORE LINNET_CORE_ARMV6M
#define LINNET_CORE_IS_ARMV6M 1
#elif defined(__riscv) && __riscv_xlen == 32
#define LINNET_CORE LINNET_CORE_RV32IMC
#define LINNET_CORE_IS_RV32IMC 1
#elif defined(__XTENSA__)
#define LINNET_CORE LINNET_CORE_XTENSA
#define LINNET_CORE_IS_XTENSA 1
#else
#define LINNET_CORE LINNET_CORE_PORTABLE
#endif

// LINNET_HAS(ARMV7EM): whether that core's kernels are in this build; LINNET_IS(ARMV7EM): whether it runs on it.
#if defined(LINNET_ALL_CORES)
#define LINNET_HAS(core) 1
#else
#define LINNET_HAS(core) LINNET_IS(core)
#endif
#define LINNET_IS(core) (LINNET_CORE_IS_##core + 0)

#endif
