"""The single-operator models that record.py runs: (.tflite bytes, [inputs]), made from seeds.

Shapes, strides, paddings, activations and quantization are drawn at random; every operator also gets the extremes:
inputs of one value, weights of ±127, output scales far too small and far too large, zero points at both ends.

A file here is a family of operators. Each operator is a function NAME(d: Draw) -> (.tflite bytes, inputs), listed in the file's
OPERATORS; inputs is a list of arrays or, for an operator with a memory, a list of such lists, one per step.
"""

from cases import base, convolutions, elementwise, float32, int4, int16, integers, pointwise, reductions, sequences, shapes
from cases.draw import Draw

N_CASES = 24
OPERATORS = (*base.OPERATORS, *convolutions.OPERATORS, *elementwise.OPERATORS, *float32.OPERATORS, *int4.OPERATORS, *int16.OPERATORS, *pointwise.OPERATORS, *reductions.OPERATORS, *integers.OPERATORS, *sequences.OPERATORS, *shapes.OPERATORS)


def cases(operator):
    """The N_CASES cases of one of OPERATORS, or as many as its own n_cases says: a list of (.tflite bytes, inputs)."""
    return [operator(Draw(operator.__name__, index)) for index in range(getattr(operator, "n_cases", N_CASES))]
