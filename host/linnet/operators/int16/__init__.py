"""Operators on int16 activations, TFLite's 16x8 quantization: weights are int8, zero points 0. Each lowers to group int16."""

from linnet.operators.int16 import (
    batch_matmul,
    conv_2d,
    depthwise_conv_2d,
    elementwise,
    fully_connected,
    pool,
    rescale,
    sigmoid,
    softmax,
    sums,
    transpose_conv,
)

# TFLite name: module, of which only lower(op) is used.
OPERATORS = {
    "ADD": elementwise,
    "AVERAGE_POOL_2D": pool,
    "BATCH_MATMUL": batch_matmul,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "LEAKY_RELU": rescale,
    "LOGISTIC": sigmoid,
    "MAXIMUM": elementwise,
    "MAX_POOL_2D": pool,
    "MEAN": sums,
    "MINIMUM": elementwise,
    "MUL": elementwise,
    "RELU": rescale,
    "RELU6": rescale,
    "RELU_N1_TO_1": rescale,
    "SOFTMAX": softmax,
    "SQUARED_DIFFERENCE": elementwise,
    "SUB": elementwise,
    "SUM": sums,
    "TANH": sigmoid,
    "TRANSPOSE_CONV": transpose_conv,
}
