"""Operators on float32: each lowers to group float32, whose kernels give what TFLite Micro's reference kernels give.

To the bit, that is, but for those that take a function of a library: linnet/nearly.py says how far these may be apart.
"""

from linnet.operators.float32 import (
    arg_max,
    batch_matmul,
    binary,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    l2_normalization,
    pool_2d,
    reduce,
    resize_bilinear,
    softmax,
    transpose_conv,
    unary,
)

# TFLite name: module, of which only lower(op) is used.
OPERATORS = {
    **dict.fromkeys(arg_max.KINDS, arg_max),
    **dict.fromkeys(binary.MODES, binary),
    **dict.fromkeys(pool_2d.MODES, pool_2d),
    **dict.fromkeys(reduce.MODES, reduce),
    **dict.fromkeys(softmax.KINDS, softmax),
    **dict.fromkeys(unary.MODES, unary),
    "BATCH_MATMUL": batch_matmul,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "L2_NORMALIZATION": l2_normalization,
    "RESIZE_BILINEAR": resize_bilinear,
    "TRANSPOSE_CONV": transpose_conv,
}
