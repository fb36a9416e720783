// Sizes of dtypes.

#include "linnet.h"

uint32_t linnet_dtype_bytes(uint32_t dtype) {
    switch (dtype) {
        case LINNET_INT8:
        case LINNET_UINT8:
        case LINNET_BOOL:
            return 1;
        case LINNET_INT16:
            return 2;
        case LINNET_INT32:
        case LINNET_FLOAT32:
            return 4;
        case LINNET_INT64:
            return 8;
    }
    return 0;
}
