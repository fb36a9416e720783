"""Cases of arithmetic on two tensors that NumPy's rules broadcast."""

import numpy as np
from cases.draw import every_int8
from tflite_builder import Options, Tensor, single_op_model

# Shapes of both operands; the output's is what they broadcast to.
SHAPES = (
    ((1, 4, 5, 8), (1, 4, 5, 8)), ((1, 4, 5, 8), (8,)), ((1, 1, 1, 8), (1, 4, 5, 8)), ((2, 3, 4, 3), (3,)), ((1, 4, 5, 8), ()),
    ((2, 3, 4), (2, 1, 4)), ((2, 1, 4), (1, 5, 1)), ((37,), (1,)), ((1, 6, 6, 1), (1, 6, 6, 5)), ((3, 1, 2, 4), (2, 1)),
    ((1, 40), (40, 1)), ((2, 3, 1, 3, 2), (1, 3, 1, 2)), ((1,), ()), ((2, 7), (1, 7)),
)  # fmt: skip


PRELU_SHAPES = (((1, 4, 5, 8), (1, 1, 8)), ((1, 4, 5, 3), (3,)), ((2, 3, 4), (2, 3, 4)), ((1, 6, 6, 5), (6, 6, 5)), ((1, 9), (1,)))


def draw_shapes(d):
    """(shape, shape, their broadcast shape)"""
    first, second = SHAPES[d.index % len(SHAPES)]
    if d.index >= len(SHAPES) and d.index % 2:
        first, second = second, first
    return first, second, np.broadcast_shapes(first, second)


def binary(d, operator, options, y, inputs, data):
    """Finish a case: both operands are inputs, but in half of the cases either is constant; or they are one tensor."""
    if d.index == len(SHAPES):
        return single_op_model(operator, options, inputs[:1], [y], order=[0, 0]), data[:1]
    if d.index % 3 == 1:
        return single_op_model(operator, options, inputs[:1], [y], [(inputs[1], data[1])]), data[:1]
    if d.index % 6 == 5:
        return single_op_model(operator, options, inputs[1:], [y], [(inputs[0], data[0])], [1, 0]), data[1:]
    return single_op_model(operator, options, inputs, [y]), data


def arithmetic(d, operator, spread, table=None, activation=True):
    """spread: the size of results, a function of both scales."""
    first, second, shape = draw_shapes(d)
    inputs = [d.tensor(first), d.tensor(second)]
    if d.index % 5 == 4:
        inputs[1] = Tensor(second, "int8", inputs[0].scale, inputs[0].zero_point)
    y = Tensor(shape, "int8", d.reach(75 * spread(inputs[0].scale, inputs[1].scale)), d.zero_point())
    options = Options(table or f"{operator.capitalize()}Options", {"FusedActivationFunction": d.activation} if activation else {})
    return binary(d, operator, options, y, inputs, [d.int8(first), d.int8(second, d.second_fill())])


def add_broadcast(d):
    return arithmetic(d, "ADD", lambda a, b: a + b)


def sub(d):
    return arithmetic(d, "SUB", lambda a, b: a + b)


def mul(d):
    return arithmetic(d, "MUL", lambda a, b: 75 * a * b)


def squared_difference(d):
    return arithmetic(d, "SQUARED_DIFFERENCE", lambda a, b: 75 * max(a, b) ** 2, "SquaredDifferenceOptions", activation=False)


def extreme(d, operator):
    first, second, shape = draw_shapes(d)
    x = d.tensor(first)
    inputs = [x, Tensor(second, "int8", x.scale, x.zero_point)]
    data = [d.int8(first), d.int8(second, d.second_fill())]
    return binary(d, operator, Options("MaximumMinimumOptions", {}), Tensor(shape, "int8", x.scale, x.zero_point), inputs, data)


def maximum(d):
    return extreme(d, "MAXIMUM")


def minimum(d):
    return extreme(d, "MINIMUM")


def prelu(d):
    first, second = PRELU_SHAPES[d.index % len(PRELU_SHAPES)]
    inputs = [d.tensor(first), d.tensor(second, high=0.05)]
    y = Tensor(first, "int8", float(np.float32(inputs[0].scale * d.choice(0.5, 0.3, 1, 1, 1.7, 1e-3, 9.0))), d.zero_point())
    data = [d.int8(first), d.int8(second, d.second_fill())]
    if d.index % 4 == 3:
        return single_op_model("PRELU", None, inputs, [y]), data
    return single_op_model("PRELU", None, inputs[:1], [y], [(inputs[1], data[1])]), data[:1]


def div(d):
    shape = (1, 16, 16, 1)
    x, c = d.tensor(shape), Tensor((1,), "int8", d.scale(1e-3, 0.5), 0)
    value = np.array([d.choice(1, 2, 7, 100, 127, -1, -128)], np.int8)
    y = Tensor(shape, "int8", float(np.float32(4 * x.scale / c.scale / abs(int(value[0])) * d.choice(0.3, 0.7, 1, 2))), d.zero_point())
    data = every_int8(d)  # but for small numerators, of which TFLite Micro makes what the processor's shifts by over 31 bits give
    data = np.where(np.abs(data.astype(int) - x.zero_point) < 8, 127 if x.zero_point < 100 else -128, data).astype(np.int8)
    options = Options("DivOptions", {"FusedActivationFunction": d.activation})
    return single_op_model("DIV", options, [x], [y], [(c, value)]), [data]


OPERATORS = (div, add_broadcast, sub, mul, squared_difference, maximum, minimum, prelu)
