"""Names of the operators, by code (FORMAT.md, section 5)."""

NAMES = (
    "?",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "ADD",
    "PAD",
    "RESHAPE",
    "SOFTMAX",
    "LUT",
    "QUANTIZE",
    "DEQUANTIZE",
)


def name(code):
    return NAMES[code] if code < len(NAMES) else "OPERATOR_%d" % code
