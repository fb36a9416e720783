// Words for statuses.

#include "linnet.h"

// One after another, as linnet_status_t counts: an array of pointers would take twice the room in a native module.
static const char texts[] =
    "ok\0"  // OK
    "not at a multiple of 4 in memory\0"  // ALIGNMENT
    "shorter than a header\0"  // TRUNCATED
    "not a linnet blob\0"  // MAGIC
    "format version not known\0"  // VERSION
    "length differs from the header's\0"  // LENGTH
    "CRC differs: damaged\0"  // CRC
    "bad header\0"  // HEADER
    "laid out for another core\0"  // CORE
    "bad section\0"  // SECTION
    "section encoding not known\0"  // ENCODING
    "bad tensor\0"  // TENSOR
    "bad input or output\0"  // IO
    "bad strings\0"  // STRINGS
    "bad golden vectors\0"  // GOLDEN
    "bad operator record\0"  // RECORD
    "operator not known\0"  // OPERATOR
    "operands do not fit the operator\0"  // OPERANDS
    "bad operator params\0"  // PARAMS
    "bad operator constants\0"  // DATA
    "bad scratch\0"  // SCRATCH
    "arena too small, or not at a multiple of 16\0"  // ARENA
    "no such operators\0"  // RANGE
    "?";

const char *linnet_status_text(linnet_status_t status) {
    const char *text = texts;
    for (; status < 0 && text < texts + sizeof(texts) - 2; status++) {
        while (*text++ != 0) {
        }
    }
    return text;
}
