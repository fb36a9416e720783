// Words for statuses, and sizes for dtypes.

#include "linnet.h"

const char *linnet_status_text(linnet_status_t status) {
    switch (status) {
        case LINNET_OK:
            return "ok";
        case LINNET_ERR_ALIGNMENT:
            return "not at a multiple of 4 in memory";
        case LINNET_ERR_TRUNCATED:
            return "shorter than a header";
        case LINNET_ERR_MAGIC:
            return "not a linnet blob";
        case LINNET_ERR_VERSION:
            return "format version not known";
        case LINNET_ERR_LENGTH:
            return "length differs from the header's";
        case LINNET_ERR_CRC:
            return "CRC differs: damaged";
        case LINNET_ERR_HEADER:
            return "bad header";
        case LINNET_ERR_CORE:
            return "laid out for another core";
        case LINNET_ERR_SECTION:
            return "bad section";
        case LINNET_ERR_ENCODING:
            return "section encoding not known";
        case LINNET_ERR_TENSOR:
            return "bad tensor";
        case LINNET_ERR_IO:
            return "bad input or output";
        case LINNET_ERR_STRINGS:
            return "bad strings";
        case LINNET_ERR_GOLDEN:
            return "bad golden vectors";
        case LINNET_ERR_RECORD:
            return "bad operator record";
        case LINNET_ERR_OPERATOR:
            return "operator not known";
        case LINNET_ERR_OPERANDS:
            return "operands do not fit the operator";
        case LINNET_ERR_PARAMS:
            return "bad operator params";
        case LINNET_ERR_DATA:
            return "bad operator constants";
        case LINNET_ERR_SCRATCH:
            return "bad scratch";
        case LINNET_ERR_ARENA:
            return "arena too small, or not at a multiple of 16";
        case LINNET_ERR_RANGE:
            return "no such operators";
    }
    return "?";
}

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
