// Walking operands of different shapes in step, for this group's module.

#include "linnet_float32.h"

#include "../math/linnet_broadcast.c"
