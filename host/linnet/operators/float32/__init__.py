"""Operators on float32: each lowers to group float32, whose kernels give what TFLite Micro's reference kernels give.

To the bit, that is, but for those that take a function of a library: linnet/nearly.py says how far these may be apart.
"""

from linnet.operators.float32 import (
    binary,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    pool_2d,
    softmax,
    unary,
)

# TFLite name: module, of which only lower(op) is used.
OPERATORS = {
    **dict.fromkeys(binary.MODES, binary),
    **dict.fromkeys(pool_2d.MODES, pool_2d),
    **dict.fromkeys(softmax.KINDS, softmax),
    **dict.fromkeys(unary.MODES, unary),
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
}
