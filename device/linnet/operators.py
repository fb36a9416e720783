"""Names of the operators, by code (FORMAT.md, section 5)."""

NAMES = {
    1: "CONV_2D",
    2: "DEPTHWISE_CONV_2D",
    3: "FULLY_CONNECTED",
    4: "AVERAGE_POOL_2D",
    5: "MAX_POOL_2D",
    6: "ADD",
    7: "PAD",
    8: "RESHAPE",
    9: "SOFTMAX",
    10: "LUT",
    11: "QUANTIZE",
    12: "DEQUANTIZE",
    128: "ELEMENTWISE",
    160: "TRANSPOSE_CONV",
    161: "BATCH_MATMUL",
    162: "L2_NORMALIZATION",
    163: "GROUPED_CONV_2D",
    192: "UNIDIRECTIONAL_SEQUENCE_LSTM",
    193: "SVDF",
}


def name(code):
    return NAMES.get(code) or "OPERATOR_%d" % code
