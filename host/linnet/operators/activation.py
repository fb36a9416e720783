"""TFLite's fused activations."""

from linnet.errors import LinnetError
from linnet.requant import activation_range

NAMES = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}


def read(options):
    """The name of the fused activation in a TFLite options table."""
    code = options.FusedActivationFunction()
    if code not in NAMES:
        raise LinnetError(f"its fused activation has the unknown code {code}")
    return NAMES[code]


def clamp(op):
    """The int8 range (low, high) that the operator's fused activation leaves its output."""
    output = op.outputs[0]
    try:
        return activation_range(op.attrs["fused_activation"], output.scale, output.zero_point)
    except LinnetError as error:
        raise LinnetError(f"{op}: {error}") from error
