"""Every operator the host knows, one row each: its TFLite name, and the module that reads and lowers it.

A module has:
    CODE, NAME    of the device operator it lowers to (FORMAT.md, section 5)
    OPTIONS       the name of its TFLite options table, or None
    read(options) that table as the operator's attrs (only with OPTIONS); the layer is named by whoever calls
    lower(op)     the Operator as a Step, or as a list of them; LinnetError names the operator and says what does not fit
"""

from linnet.operators import (
    add,
    average_pool_2d,
    batch_matmul,
    conv_2d,
    depthwise_conv_2d,
    dequantize,
    elementary,
    elementwise,
    fully_connected,
    gelu,
    hard_swish,
    int16,
    l2_normalization,
    leaky_relu,
    logistic,
    max_pool_2d,
    mul,
    pad,
    prelu,
    quantize,
    reduce,
    relu,
    reshape,
    softmax,
    sub,
    svdf,
    tanh,
    transpose_conv,
    unidirectional_sequence_lstm,
)

OPERATORS = {
    "ABS": elementary,
    "ADD": add,
    "AVERAGE_POOL_2D": average_pool_2d,
    "BATCH_MATMUL": batch_matmul,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "DEQUANTIZE": dequantize,
    "ELU": elementary,
    "EXP": elementary,
    "FULLY_CONNECTED": fully_connected,
    "GELU": gelu,
    "HARD_SWISH": hard_swish,
    "L2_NORMALIZATION": l2_normalization,
    "LEAKY_RELU": leaky_relu,
    "LOG": elementary,
    "LOGISTIC": logistic,
    "MAXIMUM": elementwise,
    "MAX_POOL_2D": max_pool_2d,
    "MEAN": reduce,
    "MINIMUM": elementwise,
    "MUL": mul,
    "PAD": pad,
    "PRELU": prelu,
    "QUANTIZE": quantize,
    "REDUCE_ALL": reduce,
    "REDUCE_ANY": reduce,
    "REDUCE_MAX": reduce,
    "REDUCE_MIN": reduce,
    "RELU": relu,
    "RELU6": relu,
    "RELU_0_TO_1": relu,
    "RELU_N1_TO_1": relu,
    "RESHAPE": reshape,
    "RSQRT": elementary,
    "SOFTMAX": softmax,
    "SQUARED_DIFFERENCE": elementwise,
    "SUB": sub,
    "SUM": reduce,
    "SVDF": svdf,
    "TANH": tanh,
    "TRANSPOSE_CONV": transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": unidirectional_sequence_lstm,
}

# Where an operator on another dtype is another device operator: (kind, dtype of input 0) -> module, of which only lower(op)
# is used.
BY_DTYPE = {(kind, "int16"): module for kind, module in int16.OPERATORS.items()}


def lower_operator(op):
    """The Step or Steps of an Operator, by its kind and the dtype of what it works on."""
    dtype = op.inputs[0].dtype if op.inputs and op.inputs[0] is not None else None
    return BY_DTYPE.get((op.kind, dtype), OPERATORS[op.kind]).lower(op)
